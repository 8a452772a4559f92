'use client';

import { Check } from 'lucide-react';
import { useEffect, useState } from 'react';
import { classNames } from '../ui/class-names.ts';
import { Spinner } from '../ui/spinner.tsx';
import { type ProgressStep, progressSteps, stepSentence } from './session-view.ts';

const showAfterMs = 300;

/** What is happening before the computer answers. A connection that is quick shows nothing at all. */
export function ProgressCard({ step, recorded }: { step: ProgressStep; recorded: boolean }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), showAfterMs);
    return () => clearTimeout(timer);
  }, []);
  if (!slow) return null;
  const steps = progressSteps.filter((candidate) => recorded || candidate !== 'recorder');
  const current = steps.indexOf(step);
  return (
    <div className="absolute inset-0 z-10 grid grid-cols-[minmax(0,24rem)] place-content-center p-4">
      <div className="rounded-xl border border-line bg-raised p-5 text-ink shadow-float">
        <p role="status" className="sr-only">
          {stepSentence(step)}
        </p>
        <ol className="grid gap-2.5">
          {steps.map((candidate, index) => (
            <li
              key={candidate}
              aria-current={index === current ? 'step' : undefined}
              className={classNames(
                'flex items-center gap-2.5',
                index > current && 'text-faint',
                index === current && 'font-medium',
                index < current && 'text-muted',
              )}
            >
              <span className="grid size-4 place-items-center">
                {index < current && <Check aria-label="Done" className="size-4 text-ok" />}
                {index === current && <Spinner className="text-accent" />}
                {index > current && <span aria-hidden className="size-1.5 rounded-full bg-line-strong" />}
              </span>
              {stepSentence(candidate)}
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

'use client';

import { Hourglass, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { clockText } from './clock-text.ts';
import { type LimitMoments, type LimitWarning as Warning, warningAt, warningWords } from './limit-words.ts';
import { useNow } from './use-now.ts';

type LimitWarningProps = {
  limits: LimitMoments;
  onStay: () => void;
  /** It was read and is gone: keys are for the computer again. */
  onDismiss: () => void;
};

/** Says over the terminal that the session is about to end, and why: five minutes before and again one minute before. */
export function LimitWarning({ limits, onStay, onDismiss }: LimitWarningProps) {
  const nowMs = useNow(true, 0);
  const [read, setRead] = useState<Warning>();
  const warning = nowMs === 0 ? undefined : warningAt(limits, nowMs);
  if (!warning || isSame(warning, read)) return null;
  const { why, what } = warningWords(warning);
  const dismiss = () => {
    setRead(warning);
    onDismiss();
  };
  return (
    <div
      data-testid="limit-warning"
      className="absolute inset-x-3 top-3 z-20 mx-auto flex max-w-xl flex-wrap items-center justify-end gap-x-3 gap-y-2 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 text-ink shadow-float"
    >
      <Hourglass aria-hidden className="size-4 shrink-0 text-danger" />
      <p className="min-w-60 flex-1">
        <span role="alert">
          {why} This session ends in {warning.withinMs <= 60_000 ? 'less than a minute' : 'less than five minutes'}.{' '}
          {what}
        </span>{' '}
        <strong aria-hidden className="font-semibold tabular-nums">
          {clockText(warning.atMs - nowMs)}
        </strong>
      </p>
      {warning.what === 'idle' ? (
        <Button size="small" onClick={onStay}>
          Keep working
        </Button>
      ) : (
        <IconButton label="Dismiss" icon={X} onClick={dismiss} />
      )}
    </div>
  );
}

// The end may have moved by what two clocks disagree.
function isSame(one: Warning, other: Warning | undefined): boolean {
  return one.what === other?.what && one.withinMs === other.withinMs && Math.abs(one.atMs - other.atMs) < 5000;
}

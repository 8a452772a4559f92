'use client';

import { ArrowLeft, LogIn, RotateCcw, Unplug } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';
import type { ActionResult } from '../action-result.ts';
import { type ConnectClaims, connectInput, termsPath } from '../connect-claims.ts';
import { type StartFields, submitStart } from '../start-form.ts';
import { Banner } from '../ui/banner.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { useAction } from '../use-action.ts';
import { type Ending, nextStepAfter } from './session-view.ts';

export type ConnectAgain = (input: ReturnType<typeof connectInput>) => Promise<ActionResult<StartFields>>;

type EndCardProps = {
  title?: string;
  ending: Ending;
  sessionId: string;
  claims: ConnectClaims;
  connectAgain: ConnectAgain;
};

/** Why it is over and what to do next, as a card over the last screen. Takes the focus, so that it is read out at once. */
export function EndCard({ title, ending, sessionId, claims, connectAgain }: EndCardProps) {
  const id = useId();
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => card.current?.focus(), []);
  const again = useAction(connectAgain, { onDone: (fields) => submitStart(document, fields) });
  useEffect(() => {
    if (again.code === 'terms_not_accepted') window.location.assign(termsPath(claims));
  }, [again.code, claims]);
  const help = nextStepAfter(ending);

  return (
    <div
      ref={card}
      role="alertdialog"
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-why`}
      data-testid="end-screen"
      data-reason={ending.reason}
      className="w-full max-w-xl rounded-xl border border-line bg-raised p-6 text-ink shadow-float outline-none"
    >
      <h2 id={`${id}-title`} className="flex items-center gap-2 text-lg font-semibold">
        <Unplug aria-hidden className="size-4.5 text-faint" />
        {title ?? (ending.isTakenOver ? 'Continued elsewhere' : 'Session ended')}
      </h2>
      <div id={`${id}-why`} className="mt-2 grid gap-3">
        <p className="text-muted">{ending.sentence}</p>
        {ending.detail && (
          <p className="rounded-md bg-sunken px-3 py-2 text-sm whitespace-pre-wrap wrap-anywhere">{ending.detail}</p>
        )}
        {ending.exitStatus !== undefined && (
          <p className="text-sm text-muted">
            Exit status <span className="font-mono text-ink">{ending.exitStatus}</span>
          </p>
        )}
      </div>
      {again.problem && (
        <div className="mt-4">
          <Banner tone="danger">{again.problem}</Banner>
        </div>
      )}
      <div className="mt-6 flex flex-wrap gap-2">
        {help === 'connect-again' && (
          <Button
            look="primary"
            icon={RotateCcw}
            pending={again.pending}
            onClick={() => again.run(connectInput(claims))}
          >
            Connect again
          </Button>
        )}
        {help === 'come-back' && (
          <Button look="primary" icon={RotateCcw} onClick={() => window.location.reload()}>
            Continue here
          </Button>
        )}
        {help === 'sign-in' && (
          <ButtonLink look="primary" icon={LogIn} href="/sign-in">
            Sign in
          </ButtonLink>
        )}
        <ButtonLink look={help === 'ask' ? 'primary' : 'secondary'} icon={ArrowLeft} href="/">
          Back to computers
        </ButtonLink>
        <ButtonLink look="quiet" href={`/sessions/${sessionId}`}>
          Session details
        </ButtonLink>
      </div>
    </div>
  );
}

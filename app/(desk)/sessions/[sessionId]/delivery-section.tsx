import { Badge } from '#app/components/ui/badge.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { EndSessionDelivery } from '#server/portal.ts';
import type { AttemptOutcome, JobState } from '#server/protocol/job-words.ts';
import { SendAgainButton } from './send-again-button.tsx';

type DeliverySectionProps = { sessionId: string; apiUrl: string; delivery: EndSessionDelivery };

const states: Record<JobState, { tone: 'ok' | 'warn' | 'danger'; text: string }> = {
  waiting: { tone: 'warn', text: 'Being told' },
  done: { tone: 'ok', text: 'Told' },
  failed: { tone: 'danger', text: 'Given up' },
};

const outcomes: Record<AttemptOutcome, string> = {
  started: 'Sent; no answer was seen',
  done: 'Accepted',
  refused: 'Refused',
  unreachable: 'Not reached',
};

/** Whether the identity system knows that this session is over, and every attempt to tell it. */
export function DeliverySection({ sessionId, apiUrl, delivery }: DeliverySectionProps) {
  const { state, dueAt, tries, maySendAgain, isForgotten } = delivery;
  return (
    <section aria-labelledby="delivery-title" className="mt-8" data-testid="end-session-delivery">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id="delivery-title" className="flex items-center gap-2.5 text-lg font-semibold">
          End told to the identity system
          <Badge tone={states[state].tone}>{states[state].text}</Badge>
        </h2>
        {maySendAgain && <SendAgainButton sessionId={sessionId} />}
      </div>
      <div className="rounded-lg border border-line bg-surface p-5 text-sm shadow-soft">
        <p className="font-mono text-xs break-all text-muted">{apiUrl}</p>
        {state === 'waiting' && (
          <p className="mt-2">
            Next attempt <Time at={dueAt.toISOString()} />
          </p>
        )}
        {isForgotten && (
          <p className="mt-2">
            It was given up more than 30 days ago, and what had to be said was destroyed. Please end the check-out over
            there by hand.
          </p>
        )}
        <ol aria-label="Attempts" className="mt-3 grid gap-2">
          {tries.map(({ n, at, outcome, status, detail }) => (
            <li key={n} className="flex flex-wrap gap-x-3">
              <span className="tabular-nums text-muted">{n}.</span>
              <Time at={at.toISOString()} evidence />
              <span>
                {outcomes[outcome]}
                {status !== null && ` (${status})`}
              </span>
              {detail && <span className="w-full pl-6 text-muted">{detail}</span>}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

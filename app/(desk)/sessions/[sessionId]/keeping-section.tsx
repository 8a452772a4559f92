import type { ReactNode } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { SessionDetail } from '#server/portal.ts';
import { HoldButtons } from './hold-buttons.tsx';

/** Until when the recording is kept, who put it on hold, and what may be done about that. */
export function KeepingSection({ session }: { session: SessionDetail }) {
  const { id, recording, holder, lifter, mayHold, mayAskToLift, mayAgreeToLift, mayKeepHold } = session;
  if (!recording || recording.state === 'deleted') return null;
  const { heldAt, holdReason, liftAskedAt, liftReason, keptWhy } = recording;
  return (
    <div className="grid gap-4">
      {keptWhy && !heldAt && (
        <Banner tone="danger" title="Its time is over, and it was not deleted">
          {keptWhy} It is tried again every day.
        </Banner>
      )}
      <div className="grid gap-4 rounded-lg border border-line bg-surface p-5 text-sm shadow-soft">
        <dl className="grid gap-3">
          <Fact label="Kept until">
            <KeptUntil recording={recording} />
          </Fact>
          {heldAt && (
            <Fact label={`On hold, put there by ${holder?.name}`}>
              {holdReason}
              <Time at={heldAt.toISOString()} evidence />
            </Fact>
          )}
          {liftAskedAt && (
            <Fact label={`${lifter?.name} asks to lift the hold`}>
              {liftReason}
              <Time at={liftAskedAt.toISOString()} evidence />
              {!mayAgreeToLift && (
                <p className="text-muted">
                  A second auditor or administrator, who did not work in this session, has to agree.
                </p>
              )}
            </Fact>
          )}
        </dl>
        <HoldButtons sessionId={id} {...{ mayHold, mayAskToLift, mayAgreeToLift, mayKeepHold }} />
      </div>
    </div>
  );
}

function KeptUntil({ recording }: { recording: NonNullable<SessionDetail['recording']> }) {
  const { state, retainUntil, heldAt } = recording;
  if (state === 'writing') return 'Decided when it is sealed';
  if (!retainUntil) return 'For ever';
  return (
    <>
      <Time at={retainUntil.toISOString()} evidence />
      <p className="text-muted">
        {heldAt
          ? 'While it is on hold, it is not deleted then.'
          : 'Then it is deleted, and what proves that it was is kept.'}
      </p>
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs font-medium text-muted">{label}</dt>
      <dd className="mt-0.5 grid justify-items-start gap-1 wrap-anywhere">{children}</dd>
    </div>
  );
}

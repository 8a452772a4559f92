'use client';

import { MonitorUp } from 'lucide-react';
import { useEffect, useState } from 'react';
import { forgetSession, isRemembered, rememberSession } from '#app/components/terminal-view/came-back.ts';
import { EndCard } from '#app/components/terminal-view/end-card.tsx';
import { TerminalView, type TerminalViewProps } from '#app/components/terminal-view/terminal-view.tsx';
import { Button, ButtonLink } from '#app/components/ui/button.tsx';

type SessionTabProps = TerminalViewProps & {
  /** For whoever asks: it waits to be opened, runs and can be come back to, or neither. */
  standing: 'waiting' | 'running' | 'over';
};

const expired = { sentence: 'Access expired, start again from the shop.' };
const storage = () => window.sessionStorage;

/** The terminal of a session. A reloaded tab goes on at once; another tab asks before it takes the session over. */
export function SessionTab({ standing, ...session }: SessionTabProps) {
  const { sessionId } = session;
  // Asked once: when the page is rendered again the session has gone on.
  const [first] = useState(standing);
  const [isHere, setHere] = useState(first === 'waiting');
  useEffect(() => {
    if (first === 'running' && isRemembered(storage, sessionId)) setHere(true);
    if (first === 'over') forgetSession(storage, sessionId);
  }, [first, sessionId]);
  useEffect(() => {
    if (isHere) rememberSession(storage, sessionId);
  }, [isHere, sessionId]);

  if (isHere) return <TerminalView {...session} />;
  return (
    <main data-full-window className="fixed inset-0 grid place-items-center overflow-y-auto bg-canvas p-4">
      {first === 'running' ? (
        <RunsElsewhere computer={session.computer.name} onContinue={() => setHere(true)} />
      ) : (
        <EndCard
          title="Access expired"
          ending={expired}
          sessionId={sessionId}
          claims={session.claims}
          connectAgain={session.connectAgain}
        />
      )}
    </main>
  );
}

function RunsElsewhere({ computer, onContinue }: { computer: string; onContinue: () => void }) {
  return (
    <section
      aria-labelledby="runs-elsewhere"
      className="w-full max-w-xl rounded-xl border border-line bg-raised p-6 text-ink shadow-float"
    >
      <h1 id="runs-elsewhere" className="flex items-center gap-2 text-lg font-semibold">
        <MonitorUp aria-hidden className="size-4.5 text-faint" />
        Your session on {computer} is running
      </h1>
      <p className="mt-2 text-muted">
        Continue it here, with the screen as it is now. A window or device where it is open stops showing it.
      </p>
      <div className="mt-6 flex flex-wrap gap-2">
        <Button look="primary" onClick={onContinue}>
          Continue here
        </Button>
        <ButtonLink href="/">Back to computers</ButtonLink>
      </div>
    </section>
  );
}

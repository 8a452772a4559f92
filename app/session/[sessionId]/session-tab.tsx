'use client';

import { useState } from 'react';
import { EndCard } from '#app/components/terminal-view/end-card.tsx';
import { TerminalView, type TerminalViewProps } from '#app/components/terminal-view/terminal-view.tsx';

type SessionTabProps = TerminalViewProps & {
  /** Nobody has opened it yet, and whoever asks may. */
  isOpenable: boolean;
};

const expired = { sentence: 'Access expired, start again from the shop.' };

/** The terminal of a session that waits for it. A session is opened once: a reloaded tab has to start again. */
export function SessionTab({ isOpenable, ...session }: SessionTabProps) {
  // Asked once: when the page is rendered again the session runs, and is no longer one that can be opened.
  const [isOurs] = useState(isOpenable);
  if (isOurs) return <TerminalView {...session} />;
  return (
    <main data-full-window className="fixed inset-0 grid place-items-center overflow-y-auto bg-canvas p-4">
      <EndCard
        title="Access expired"
        ending={expired}
        sessionId={session.sessionId}
        claims={session.claims}
        connectAgain={session.connectAgain}
      />
    </main>
  );
}

'use client';

import '@xterm/xterm/css/xterm.css';
import { useEffect, useId, useRef } from 'react';
import type { ConnectClaims } from '../connect-claims.ts';
import { classNames } from '../ui/class-names.ts';
import { type ConnectAgain, EndCard } from './end-card.tsx';
import { FindBar } from './find-bar.tsx';
import { LimitWarning } from './limit-warning.tsx';
import { NotesPanel } from './notes-panel.tsx';
import { NoticeLine } from './notice-line.tsx';
import { ProgressCard } from './progress-card.tsx';
import { ReconnectingCard } from './reconnecting-card.tsx';
import { RecordedBanner } from './recorded-banner.tsx';
import { SessionBar } from './session-bar.tsx';
import type { SessionView } from './session-view.ts';
import { HostKeyDialog, QuestionDialog } from './terminal-dialogs.tsx';
import { type GetTicket, useLiveTerminal } from './use-live-terminal.ts';

export type TerminalViewProps = {
  sessionId: string;
  computer: { guid: string; name: string };
  /** What the policy asks for; the gateway's word counts once the session is open. */
  recorded: boolean;
  /** What Connect is told when it is pressed again. */
  claims: ConnectClaims;
  getTicket: GetTicket;
  connectAgain: ConnectAgain;
};

/** A live session, filling the window: bar, recorded banner, terminal, and at last why it ended. */
export function TerminalView({ sessionId, computer, claims, recorded, getTicket, connectAgain }: TerminalViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const toolbar = useRef<HTMLDivElement>(null);
  const hint = useId();
  const terminal = useLiveTerminal(host, {
    sessionId,
    getTicket,
    onLeave: () => focusFirstButton(toolbar.current),
  });
  const { live, view, dispatch, question, finding } = terminal;
  const isRecorded = view.opened?.recorded ?? recorded;

  // Tells many session tabs apart.
  const title = `${view.ending ? 'Ended: ' : ''}${computer.name} · Sallyport`;
  useEffect(() => {
    document.title = title;
  }, [title]);

  // What is closed by a button takes the focus with it; keys are for the computer.
  const toTerminal = () => live.current?.focus();
  const endFind = () => {
    terminal.setFinding(false);
    toTerminal();
  };
  const readNotice = () => dispatch({ type: 'notice-read' });
  const dismissNotice = () => {
    readNotice();
    toTerminal();
  };

  return (
    <div
      data-full-window
      className="fixed inset-0 grid grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_minmax(0,1fr)] bg-surface"
    >
      <SessionBar
        computer={computer.name}
        view={view}
        preferences={terminal.preferences}
        onChange={terminal.change}
        onFind={() => terminal.setFinding(true)}
        onDisconnect={() => live.current?.disconnect()}
        toolbar={toolbar}
      />
      <div>
        <RecordedBanner recorded={isRecorded} />
        {view.opened?.notes && <NotesPanel text={view.opened.notes} />}
      </div>
      <main className="relative min-h-0 overflow-hidden bg-[#0b0d10] py-1.5 pl-2">
        <p id={hint} className="sr-only">
          Every key goes to the computer. Control Shift B leaves the terminal.
        </p>
        <section
          ref={host}
          aria-label={`Terminal of ${computer.name}`}
          aria-describedby={hint}
          data-testid="terminal"
          data-state={stateOf(view)}
          className={classNames('h-full transition-opacity', view.ending && 'opacity-75')}
        />
        {!view.opened && !view.ending && <ProgressCard step={view.step} recorded={isRecorded} />}
        {finding && live.current && <FindBar screen={live.current.screen} onClose={endFind} />}
        {view.notice && <NoticeLine text={view.notice} onRead={readNotice} onDismiss={dismissNotice} />}
        {view.limits && !view.reconnecting && (
          <LimitWarning limits={view.limits} onStay={() => live.current?.stay()} onDismiss={toTerminal} />
        )}
        {view.reconnecting && <ReconnectingCard untilMs={view.reconnecting.untilMs} />}
        {view.ending && (
          <div className="absolute inset-0 z-10 grid place-items-center overflow-y-auto bg-black/30 p-4">
            <EndCard ending={view.ending} sessionId={sessionId} claims={claims} connectAgain={connectAgain} />
          </div>
        )}
      </main>
      {view.question && (
        <HostKeyDialog question={view.question} onAnswer={(approve) => live.current?.answerHostKey(approve)} />
      )}
      {question && <QuestionDialog question={question} onClose={() => terminal.setQuestion(undefined)} />}
    </div>
  );
}

function stateOf({ ending, reconnecting, opened }: SessionView): 'ended' | 'reconnecting' | 'open' | 'starting' {
  if (ending) return 'ended';
  if (reconnecting) return 'reconnecting';
  return opened ? 'open' : 'starting';
}

// The bar holds its buttons twice, for wide and for narrow windows; only one of the two is shown.
function focusFirstButton(bar: HTMLElement | null): void {
  const buttons = [...(bar?.querySelectorAll('button') ?? [])];
  buttons.find((button) => button.offsetParent !== null)?.focus();
}

import type { LiveFigures } from '../front/gateway-figures.ts';
import { modes } from '../protocol/session-words.ts';
import type { TerminalSession } from './terminal-session.ts';

const states = ['opening', 'active', 'ending'] as const;

/** Sessions, browsers and viewers as they are at this moment. */
export function figuresOf(sessions: readonly TerminalSession[]): LiveFigures {
  const sum = (count: (session: TerminalSession) => number) => sessions.reduce((all, each) => all + count(each), 0);
  const watch = sum(({ viewers }) => viewers.counts.watch);
  return {
    sessions: modes.flatMap((mode) =>
      states.map((state) => {
        const count = sum(({ authorized, state: now }) => (authorized.mode === mode && now === state ? 1 : 0));
        return { mode, state, count };
      }),
    ),
    detached: sum(({ state, seat }) => (state === 'active' && !seat.isTaken ? 1 : 0)),
    viewers: { watch, wall: sum(({ viewers }) => viewers.counts.wall) },
    webSockets: { terminal: sum(({ seat }) => seat.browsers().length), watch },
  };
}

import type { EndReason } from '../protocol/session-words.ts';
import type { ServerControl } from '../protocol/terminal-frames.ts';

export type SessionEnding = {
  reason: EndReason;
  detail?: string | undefined;
  exitStatus?: number | undefined;
  /** Who asked for it, when it was not the person at the terminal. */
  by?: string;
};

/** The same as a browser is told. */
export function endedControl({ reason, detail, exitStatus }: SessionEnding): ServerControl {
  return {
    type: 'ended',
    reason,
    ...(detail !== undefined && { detail }),
    ...(exitStatus !== undefined && { exitStatus }),
  };
}

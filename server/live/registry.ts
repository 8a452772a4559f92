import type { SessionId } from '../ids.ts';
import type { TerminalSession } from './terminal-session.ts';

/** The sessions that this gateway holds, from their socket to the last byte of their evidence. */
export class Registry {
  readonly #sessions = new Map<SessionId, TerminalSession>();

  /** `false`: this session is here already. */
  add(session: TerminalSession): boolean {
    if (this.#sessions.has(session.id)) return false;
    this.#sessions.set(session.id, session);
    void session.over.then(() => this.#sessions.delete(session.id));
    return true;
  }

  has(id: SessionId): boolean {
    return this.#sessions.has(id);
  }

  get(id: SessionId): TerminalSession | undefined {
    return this.#sessions.get(id);
  }

  all(): TerminalSession[] {
    return [...this.#sessions.values()];
  }

  /** Those whose end has not begun. */
  running(): TerminalSession[] {
    return this.all().filter((session) => !session.isEnding);
  }

  count(state: 'opening' | 'active'): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.state === state) count += 1;
    return count;
  }
}

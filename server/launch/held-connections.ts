import type { SessionId } from '../ids.ts';
import type { ConnectionObject } from './connection-object.ts';

/** How long a credential waits for the ticket of its session. */
export const holdMs = 30_000;

/** Connections that were given and not dialled yet: in memory alone, each for one session, taken once or forgotten. */
export class HeldConnections {
  readonly #held = new Map<SessionId, { connection: ConnectionObject; forget: NodeJS.Timeout }>();
  readonly #holdMs: number;

  constructor(forMs = holdMs) {
    this.#holdMs = forMs;
  }

  /** How many wait. */
  get count(): number {
    return this.#held.size;
  }

  hold(id: SessionId, connection: ConnectionObject): void {
    this.take(id);
    const forget = setTimeout(() => this.#held.delete(id), this.#holdMs).unref();
    this.#held.set(id, { connection, forget });
  }

  take(id: SessionId): ConnectionObject | undefined {
    const found = this.#held.get(id);
    if (!found) return undefined;
    clearTimeout(found.forget);
    this.#held.delete(id);
    return found.connection;
  }

  clear(): void {
    for (const id of [...this.#held.keys()]) this.take(id);
  }
}

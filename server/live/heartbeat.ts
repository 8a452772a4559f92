import { noteInput, renewLeases } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import type { SessionId } from '../ids.ts';
import type { Registry } from './registry.ts';
import { leaseMs } from './session-store.ts';
import type { TerminalSession } from './terminal-session.ts';

/** When somebody last typed is written so often at most: it is there to be read, not to be relied on. */
const inputEveryMs = 15_000;

/**
 * Renews the leases of all sessions held here, in one statement. A session that is not ours any more ends; when the
 * database cannot be reached for as long as a lease lasts, all do: nobody could say any more that they are allowed.
 * Writes beside it when people last typed.
 */
export function createHeartbeat(ctx: Context, registry: Registry): { beat(): Promise<void> } {
  let renewedAtMs = ctx.clock.now().getTime();
  let isRenewing = false;
  let noted = new Map<SessionId, { inputMs: number; writtenMs: number }>();

  async function renew(nowMs: number): Promise<void> {
    const sessions = registry.running().filter(({ isHeld }) => isHeld);
    const ids = sessions.map(({ id }) => id);
    const leaseUntil = new Date(nowMs + leaseMs);
    const kept = new Set(await renewLeases(ctx.connection.db, ctx.audit.writerId, ids, leaseUntil));
    renewedAtMs = nowMs;
    for (const session of sessions) {
      if (!kept.has(session.id)) void session.end({ reason: 'failed', detail: 'This session was ended elsewhere.' });
    }
    await noteTyping(sessions, nowMs);
  }

  async function noteTyping(sessions: readonly TerminalSession[], nowMs: number): Promise<void> {
    const typed = sessions.flatMap(({ id, lastInputAt: at }) => (at ? [{ id, at }] : []));
    const due = typed.filter(({ id, at }) => {
      const last = noted.get(id);
      return !last || (at.getTime() > last.inputMs && nowMs - last.writtenMs >= inputEveryMs);
    });
    await noteInput(ctx.connection.db, due);
    const kept = typed.flatMap(({ id }) => {
      const last = noted.get(id);
      return last ? [[id, last] as const] : [];
    });
    const written = due.map(({ id, at }) => [id, { inputMs: at.getTime(), writtenMs: nowMs }] as const);
    noted = new Map([...kept, ...written]); // Of sessions that are still here alone.
  }

  function endAllIfLost(nowMs: number): void {
    if (nowMs - renewedAtMs < leaseMs) return;
    const detail = 'The gateway lost its database, so that nobody could tell whether access still holds.';
    for (const session of registry.running()) void session.end({ reason: 'failed', detail });
  }

  return {
    async beat() {
      const nowMs = ctx.clock.now().getTime();
      if (isRenewing) {
        endAllIfLost(nowMs); // A database that does not even refuse.
        return;
      }
      isRenewing = true;
      try {
        await renew(nowMs);
      } catch (err) {
        ctx.log.error('The leases of the sessions could not be renewed', { err });
        endAllIfLost(nowMs);
      } finally {
        isRenewing = false;
      }
    },
  };
}

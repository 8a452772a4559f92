import { renewLeases } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import type { Registry } from './registry.ts';
import { leaseMs } from './session-store.ts';

/**
 * Renews the leases of all sessions held here, in one statement. A session that is not ours any more ends; when the
 * database cannot be reached for as long as a lease lasts, all do: nobody could say any more that they are allowed.
 */
export function createHeartbeat(ctx: Context, registry: Registry): { beat(): Promise<void> } {
  let renewedAtMs = ctx.clock.now().getTime();
  let isRenewing = false;

  async function renew(nowMs: number): Promise<void> {
    const sessions = registry.running().filter(({ isHeld }) => isHeld);
    const ids = sessions.map(({ id }) => id);
    const leaseUntil = new Date(nowMs + leaseMs);
    const kept = new Set(await renewLeases(ctx.connection.db, ctx.audit.writerId, ids, leaseUntil));
    renewedAtMs = nowMs;
    for (const session of sessions) {
      if (!kept.has(session.id)) void session.end({ reason: 'failed', detail: 'This session was ended elsewhere.' });
    }
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

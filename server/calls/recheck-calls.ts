import { loadTokenAccess, type TokenAccess } from '../../db/queries/aws-access.ts';
import { renewLeases } from '../../db/queries/sessions.ts';
import type { Context } from '../context.ts';
import type { CallGrantFacts } from '../decide/call-aws.ts';
import { decide } from '../decide/decide.ts';
import { type ErrorCode, refuse, sentenceOf } from '../errors.ts';
import { type CallEnding, type CallSession, type CallSessions, callLeaseMs } from './call-sessions.ts';

const minuteMs = 60_000;

export type CallLimits = { isOn(): boolean; gapMs(): number };

/**
 * Asks again about every session of calls that runs, with facts read fresh, and ends those that may not go on: that lost
 * their right, had no call for the gap, or lasted as long as their policy allows. Their leases are renewed in the same go; when the
 * database cannot be reached for as long as a lease lasts, all end: nobody could say any more that they are allowed.
 */
export function createCallRecheck(ctx: Context, sessions: CallSessions, limits: CallLimits): () => Promise<void> {
  // Of the machine's own clock, which nobody sets.
  let readAtMs = performance.now();
  let running: Promise<void> | undefined;
  let isWanted = false;

  async function run(): Promise<void> {
    const now = ctx.clock.now();
    const all = sessions.running();
    if (all.length === 0) {
      readAtMs = performance.now();
      return;
    }
    const leaseUntil = new Date(now.getTime() + callLeaseMs);
    const ids = all.map(({ id }) => id);
    const kept = new Set(await renewLeases(ctx.connection.db, ctx.audit.writerId, ids, leaseUntil));
    const tokens = await loadTokenAccess(ctx.connection.db, [...new Set(all.map(({ tokenId }) => tokenId))]);
    readAtMs = performance.now();
    for (const session of all) {
      const ending = kept.has(session.id)
        ? whyNotContinue(session, tokens.get(session.tokenId), limits, now)
        : ({ reason: 'failed', detail: 'This session was ended elsewhere.' } as const);
      if (ending) void sessions.end(session, ending);
    }
  }

  function endAllIfLost(): void {
    if (performance.now() - readAtMs < callLeaseMs) return;
    const detail = 'The gateway lost its database, so that nobody could tell whether access still holds.';
    for (const session of sessions.running()) void sessions.end(session, { reason: 'failed', detail });
  }

  async function runUntilDone(): Promise<void> {
    do {
      isWanted = false;
      await run().catch((err) => ctx.log.error('The right to go on calling AWS could not be read again', { err }));
    } while (isWanted);
    running = undefined;
  }

  return () => {
    endAllIfLost();
    isWanted = true;
    running ??= runUntilDone();
    return running;
  };
}

function whyNotContinue(
  session: CallSession,
  access: TokenAccess | undefined,
  limits: CallLimits,
  now: Date,
): CallEnding | undefined {
  const record = access?.records.find((granted) => granted.record.id === session.credentialId);
  if (!access || !record) return { reason: 'revoked' };
  const { person, token } = access;
  const asked = { person, token, isOn: limits.isOn(), access: record, under: session.grantId };
  const decision = decide('call-aws', asked, now);
  if (!decision.allow) return endingFor(decision.reason);
  return whyOver(session, decision.grant, limits, now);
}

function endingFor(code: ErrorCode): CallEnding {
  if (code === 'grant_ended') return { reason: code };
  return { reason: 'revoked', detail: sentenceOf(refuse(code)) };
}

function whyOver(
  { openedAt, lastCallAt, running }: CallSession,
  { policy: { maxDurationMinutes, idleTimeoutMinutes } }: CallGrantFacts,
  limits: CallLimits,
  now: Date,
): CallEnding | undefined {
  const lastedMs = now.getTime() - openedAt.getTime();
  if (maxDurationMinutes !== null && lastedMs >= maxDurationMinutes * minuteMs) return { reason: 'time_limit' };
  const gapMs = Math.min(limits.gapMs(), (idleTimeoutMinutes ?? Number.POSITIVE_INFINITY) * minuteMs);
  const isIdle = running === 0 && now.getTime() - lastCallAt.getTime() >= gapMs;
  return isIdle ? { reason: 'idle' } : undefined;
}

import type { GrantedRecord, TokenAccess } from '../../db/queries/aws-access.ts';
import { insertCallSession } from '../../db/queries/aws-calls.ts';
import { markEnded } from '../../db/queries/sessions.ts';
import { within } from '../clock.ts';
import type { Context } from '../context.ts';
import type { CallGrantFacts } from '../decide/call-aws.ts';
import { type ApiTokenId, type CredentialId, type GrantId, newId, type PersonId, type SessionId } from '../ids.ts';
import { snapshotOf } from '../launch/policy-snapshot.ts';
import type { EndReason } from '../protocol/session-words.ts';

/** Calls of one token with one record under one right, until there is none for a while. */
export type CallSession = {
  readonly id: SessionId;
  readonly tokenId: ApiTokenId;
  readonly personId: PersonId;
  readonly credentialId: CredentialId;
  readonly grantId: GrantId;
  readonly openedAt: Date;
  /** Aborted when it ends. */
  readonly ended: AbortSignal;
  /** A call was allowed, or is under way. */
  lastCallAt: Date;
  running: number;
  calls: number;
  /** To the person, and from them. */
  bytesOut: number;
  bytesIn: number;
};

export type CallEnding = { reason: EndReason; detail?: string | undefined };

export type CallSessions = {
  /** The one that runs, or a new one, which is in the database when this resolves. */
  take(of: { access: TokenAccess; record: GrantedRecord; grant: CallGrantFacts }): Promise<CallSession>;
  /** Those of a token with a record. */
  of(tokenId: ApiTokenId, credentialId: CredentialId): CallSession[];
  running(): CallSession[];
  /** Also one whose end is being written. */
  get(id: SessionId): CallSession | undefined;
  /** A call of it is over. */
  left(session: CallSession): void;
  /** Cuts everything that goes on in it at once, then writes its end. */
  end(session: CallSession, ending: CallEnding): Promise<void>;
};

/** A session whose holder does not renew its lease for this long is lost. */
export const callLeaseMs = 15_000;
/** So long the transfers that are cut have to say what they came to. */
const settleMs = 2_000;

type Opening = Parameters<CallSessions['take']>[0];
type Held = CallSession & { abort: AbortController; settled: (() => void) | undefined; end: Promise<void> | undefined };

/** The sessions of calls that this process holds. */
export function createCallSessions(ctx: Context): CallSessions {
  const held = new Map<SessionId, Held>();
  const opening = new Map<string, Promise<CallSession>>();
  const running = () => [...held.values()].filter(({ end }) => !end);

  async function open({ access, record, grant }: Opening): Promise<CallSession> {
    const session = newSession(ctx.clock.now(), { access, record, grant });
    await writeOpening(ctx, session, { grant, tokenName: access.tokenName });
    held.set(session.id, session);
    return session;
  }

  async function finish(session: Held, ending: CallEnding): Promise<void> {
    session.abort.abort();
    if (session.running > 0) {
      const quiet = new Promise<void>((resolve) => {
        session.settled = resolve;
      });
      await within(settleMs, quiet).catch(() => undefined);
    }
    // Once more, before it is left to whoever finds that its lease ran out, and does not know why it ended.
    await writeEnding(ctx, session, ending).catch(() => writeEnding(ctx, session, ending));
    held.delete(session.id);
  }

  return {
    async take(of) {
      const { access, record, grant } = of;
      const isThis = (each: CallSession) =>
        each.tokenId === access.token.id && each.credentialId === record.record.id && each.grantId === grant.id;
      const there = running().find(isThis);
      if (there) return there;
      const key = `${access.token.id}/${record.record.id}/${grant.id}`;
      const opened = opening.get(key) ?? open(of).finally(() => opening.delete(key));
      opening.set(key, opened);
      return opened;
    },
    of: (tokenId, credentialId) =>
      running().filter((each) => each.tokenId === tokenId && each.credentialId === credentialId),
    running,
    get: (id) => held.get(id),
    left(session) {
      session.running = Math.max(0, session.running - 1);
      session.lastCallAt = ctx.clock.now();
      if (session.running === 0) held.get(session.id)?.settled?.();
    },
    end({ id }, ending) {
      const session = held.get(id);
      if (!session) return Promise.resolve();
      session.end ??= finish(session, ending).catch((err) => {
        // It holds nothing any more, and its lease runs out: whoever finds it then writes its end.
        held.delete(id);
        ctx.log.error('The end of a session of calls to AWS could not be written', { err, sessionId: id });
      });
      return session.end;
    },
  };
}

function newSession(now: Date, { access: { token, person }, record, grant }: Opening): Held {
  const abort = new AbortController();
  return {
    id: newId<SessionId>(now.getTime()),
    tokenId: token.id,
    personId: person.id,
    credentialId: record.record.id,
    grantId: grant.id,
    openedAt: now,
    ended: abort.signal,
    lastCallAt: now,
    running: 0,
    calls: 0,
    bytesOut: 0,
    bytesIn: 0,
    abort,
    settled: undefined,
    end: undefined,
  };
}

async function writeOpening(
  ctx: Context,
  { id, personId, tokenId: apiTokenId, credentialId, grantId, openedAt }: CallSession,
  { grant, tokenName }: { grant: CallGrantFacts; tokenName: string },
): Promise<void> {
  const held = { gatewayId: ctx.audit.writerId, leaseUntil: new Date(openedAt.getTime() + callLeaseMs) };
  const times = { requestedAt: openedAt, ...held };
  await ctx.audit.transact(async (tx, record) => {
    const policy = snapshotOf(grant.policy);
    await insertCallSession(tx, { id, personId, apiTokenId, credentialId, grantId, policy, ...times });
    const subject = { credentialId, apiTokenId, tokenName, grantId };
    record({ kind: 'aws.session_opened', actorId: personId, sessionId: id, subject });
  });
}

async function writeEnding(
  ctx: Context,
  { id, personId, calls, bytesOut, bytesIn }: CallSession,
  { reason, detail }: CallEnding,
): Promise<void> {
  await ctx.audit.transact(async (tx, record) => {
    // No identity API gave anything, so none is to be told.
    const isFirst = await markEnded(tx, id, { reason, endedAt: ctx.clock.now(), detail: detail ?? null });
    const subject = { reason, calls, bytesOut, bytesIn };
    if (isFirst) record({ kind: 'aws.session_ended', actorId: personId, sessionId: id, subject });
  });
}

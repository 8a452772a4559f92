import { and, asc, eq, inArray, isNotNull, lte, ne, sql } from 'drizzle-orm';
import type {
  ComputerId,
  CredentialId,
  GrantId,
  LoginSessionId,
  PersonId,
  SessionId,
  WriterId,
} from '../../server/ids.ts';
import type { CredentialKind, EndReason, Mode, SessionState } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import type { SealedText } from '../schema/columns.ts';
import { type PolicySnapshot, sessions } from '../schema.ts';

/** A session that the shop asked for and nobody opened yet. */
export async function insertRequested(
  tx: Tx,
  session: {
    id: SessionId;
    personId: PersonId;
    loginSessionId: LoginSessionId;
    computerId: ComputerId;
    credentialId: CredentialId | null;
    credentialKind: CredentialKind;
    apiUrl: string;
    checkOutId: string;
    checkOutEndsAt: Date | null;
    termsVersion: number | null;
    termsSha256: string | null;
    grantId: GrantId;
    accessLevel: string | null;
    policy: PolicySnapshot;
    mode: Mode;
    requestedAt: Date;
    leaseUntil: Date;
  },
): Promise<void> {
  await tx.insert(sessions).values({ ...session, state: 'requested' });
}

/** Keeps as evidence the terms that are enforced: those at the moment when the ticket was redeemed. */
export async function updateTerms(
  tx: Tx,
  id: SessionId,
  terms: { policy: PolicySnapshot; credentialId: CredentialId | null },
): Promise<void> {
  await tx.update(sessions).set(terms).where(eq(sessions.id, id));
}

/**
 * Notes, before an identity API is asked for a credential, with what it must be told when this session ends. `false`:
 * the session waits for nobody any more.
 */
export async function markAsking(
  tx: Tx,
  id: SessionId,
  asking: { endOwed: SealedText; gatewayId: WriterId; leaseUntil: Date },
): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set(asking)
    .where(and(eq(sessions.id, id), eq(sessions.state, 'requested')))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

/** The identity API gave nothing, so nothing is owed to it. */
export async function markRefused(tx: Tx, id: SessionId, leaseUntil: Date): Promise<void> {
  await tx
    .update(sessions)
    .set({ endOwed: null, gatewayId: null, leaseUntil })
    .where(and(eq(sessions.id, id), eq(sessions.state, 'requested')));
}

/** `allowsSnooping`: what the identity API said of looking at the session. */
type Given = { givenAt: Date; leaseUntil: Date; allowsSnooping: boolean };

/** The credential is here; the session waits so long for its ticket. `false`: it has ended meanwhile. */
export async function markGiven(tx: Tx, id: SessionId, given: Given): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set(given)
    .where(and(eq(sessions.id, id), eq(sessions.state, 'requested')))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

/** Whether an identity API gave the credential of this session. */
export async function isGiven(tx: Tx, id: SessionId): Promise<boolean> {
  const isThis = and(eq(sessions.id, id), isNotNull(sessions.givenAt));
  return (await tx.$count(sessions, isThis)) === 1;
}

/** What is owed to an identity API for a session; `undefined` when nothing is. Locked until the transaction ends. */
export async function takeOwedEnd(tx: Tx, id: SessionId): Promise<SealedText | undefined> {
  const [row] = await tx.select({ endOwed: sessions.endOwed }).from(sessions).where(eq(sessions.id, id)).for('update');
  if (!row?.endOwed) return undefined;
  await tx.update(sessions).set({ endOwed: null }).where(eq(sessions.id, id));
  return row.endOwed;
}

/** How a session ended, for whoever must be told. */
export async function findEnding(tx: Tx, id: SessionId) {
  const { openedAt, endedAt, endReason, apiUrl, personId, grantId, termsVersion, state, endOwed } = sessions;
  const [row] = await tx
    .select({
      openedAt,
      endedAt,
      endReason,
      apiUrl,
      personId,
      grantId,
      termsVersion,
      state,
      isAsking: isNotNull(endOwed),
    })
    .from(sessions)
    .where(eq(sessions.id, id));
  return row;
}

/** Takes a requested session for a gateway. `false`: another attempt took it first, or it has ended. */
export async function markOpening(
  tx: Tx,
  id: SessionId,
  lease: { gatewayId: WriterId; leaseUntil: Date },
): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({ ...lease, state: 'opening' })
    .where(and(eq(sessions.id, id), eq(sessions.state, 'requested')))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

/** The host answered. `false`: the session ended in the meantime. */
export async function markActive(tx: Tx, id: SessionId, openedAt: Date): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({ state: 'active', openedAt })
    .where(and(eq(sessions.id, id), eq(sessions.state, 'opening')))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

/** Since when no browser is at a session that runs; `null`: one is. */
export async function markAttached(tx: Tx, id: SessionId, detachedAt: Date | null): Promise<void> {
  await tx
    .update(sessions)
    .set({ detachedAt })
    .where(and(eq(sessions.id, id), ne(sessions.state, 'ended'))); // perhaps it is not yet written that the host answered
}

export type SessionEnding = {
  reason: EndReason;
  endedAt: Date;
  detail?: string | null;
  exitStatus?: number | null;
  /** Left as they were when not given, as for a gateway that crashed. */
  bytesOut?: number;
  bytesIn?: number;
  targetClosedMs?: number | undefined;
  /** Not said: as it was last written. */
  lastInputAt?: Date | undefined;
};

/** Ends a session. `true` only for the one call that ended it: the others have nothing to tell or to audit. */
export async function markEnded(tx: Tx, id: SessionId, ending: SessionEnding): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({
      state: 'ended',
      endReason: ending.reason,
      endedAt: ending.endedAt,
      endDetail: ending.detail ?? null,
      exitStatus: ending.exitStatus ?? null,
      bytesOut: ending.bytesOut,
      bytesIn: ending.bytesIn,
      targetClosedMs: ending.targetClosedMs,
      lastInputAt: ending.lastInputAt,
    })
    .where(and(eq(sessions.id, id), ne(sessions.state, 'ended')))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

/** Renews what a gateway holds, in one statement; answers which sessions are still its own and not ended. */
export async function renewLeases(
  tx: Tx,
  gatewayId: WriterId,
  ids: readonly SessionId[],
  leaseUntil: Date,
): Promise<SessionId[]> {
  if (ids.length === 0) return [];
  // In the order in which others lock several of them too, so that no two wait for each other.
  const ours = tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(inArray(sessions.id, [...ids]), eq(sessions.gatewayId, gatewayId), ne(sessions.state, 'ended')))
    .orderBy(asc(sessions.id))
    .for('no key update');
  const rows = await tx
    .update(sessions)
    .set({ leaseUntil })
    .where(inArray(sessions.id, ours))
    .returning({ id: sessions.id });
  return rows.map(({ id }) => id);
}

/** When the people at these sessions last typed or pasted, in one statement. */
export async function noteInput(tx: Tx, inputs: readonly { id: SessionId; at: Date }[]): Promise<void> {
  if (inputs.length === 0) return;
  const seen = inputs.map(({ id, at }) => sql`(${id}::uuid, ${at.toISOString()}::timestamptz)`);
  await tx.execute(sql`update sessions set last_input_at = seen.at
    from (values ${sql.join(seen, sql`, `)}) as seen (id, at)
    where sessions.id = seen.id and sessions.state <> 'ended'`);
}

export type ExpiredLease = {
  sessionId: SessionId;
  personId: PersonId;
  state: SessionState;
  gatewayId: WriterId | null;
  leaseUntil: Date;
};

/** Sessions that nobody holds any more, the oldest first. Whoever ends one asks `markEnded` whether it was first. */
export async function findExpiredLeases(tx: Tx, now: Date): Promise<ExpiredLease[]> {
  return tx
    .select({
      sessionId: sessions.id,
      personId: sessions.personId,
      state: sessions.state,
      gatewayId: sessions.gatewayId,
      leaseUntil: sessions.leaseUntil,
    })
    .from(sessions)
    .where(and(sql`${sessions.state} <> 'ended'`, lte(sessions.leaseUntil, now)))
    .orderBy(asc(sessions.leaseUntil));
}

/**
 * Sessions at computers that another gateway holds, or held the credential of. Only for a gateway that knows that it is
 * the only one. Sessions of calls are held by another process.
 */
export async function findLeftBehind(tx: Tx, gatewayId: WriterId): Promise<ExpiredLease[]> {
  return tx
    .select({
      sessionId: sessions.id,
      personId: sessions.personId,
      state: sessions.state,
      gatewayId: sessions.gatewayId,
      leaseUntil: sessions.leaseUntil,
    })
    .from(sessions)
    .where(and(ne(sessions.state, 'ended'), ne(sessions.gatewayId, gatewayId), ne(sessions.mode, 'AWS')));
}

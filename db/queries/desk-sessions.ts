import { and, asc, desc, eq, isNotNull, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { PersonId, SessionId } from '../../server/ids.ts';
import type { RecordingFilter, SessionMode, SessionState } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { apiTokens, computers, credentials, people, recordings, sessions } from '../schema.ts';
import { matchesAll } from './page.ts';

// What a session at a computer signs in with is no part of its name.
const isItsRecord = and(eq(credentials.id, sessions.credentialId), eq(sessions.mode, 'AWS'));

const summary = {
  id: sessions.id,
  loginSessionId: sessions.loginSessionId,
  mode: sessions.mode,
  state: sessions.state,
  endReason: sessions.endReason,
  requestedAt: sessions.requestedAt,
  openedAt: sessions.openedAt,
  endedAt: sessions.endedAt,
  bytesOut: sessions.bytesOut,
  bytesIn: sessions.bytesIn,
  person: { id: people.id, name: people.name, email: people.email },
  calls: sessions.calls,
  /** NULL: the session calls AWS. */
  computer: { id: computers.id, guid: computers.guid, name: computers.name },
  /** What it works on, by the name it has today: its computer, or its record of AWS. */
  target: sql<string>`coalesce(${computers.name}, ${credentials.name}, 'a record that was deleted')`,
  recording: {
    state: recordings.state,
    path: recordings.path,
    bytes: recordings.bytes,
    durationMs: recordings.durationMs,
    sealedAt: recordings.sealedAt,
    sealReason: recordings.sealReason,
    head: recordings.head,
    playable: recordings.playable,
    checkDetail: recordings.checkDetail,
    heldAt: recordings.heldAt,
    keptWhy: recordings.keptWhy,
  },
};

const holder = alias(people, 'holder');
const lifter = alias(people, 'lifter');

const { retainUntil, holdReason, liftAskedAt, liftReason, keptAt, deletedAt, deleteReason, erasedAt } = recordings;

const details = {
  ...summary,
  recording: {
    ...summary.recording,
    ...{ retainUntil, holdReason, liftAskedAt, liftReason, keptAt, deletedAt, deleteReason, erasedAt },
  },
  /** Who put the recording on hold, and who wants to lift that. */
  holder: { id: holder.id, name: holder.name },
  lifter: { id: lifter.id, name: lifter.name },
  endDetail: sessions.endDetail,
  exitStatus: sessions.exitStatus,
  targetClosedMs: sessions.targetClosedMs,
  policy: sessions.policy,
  apiUrl: sessions.apiUrl,
  checkOutId: sessions.checkOutId,
  credentialId: sessions.credentialId,
  credentialKind: sessions.credentialKind,
  termsVersion: sessions.termsVersion,
  termsSha256: sessions.termsSha256,
  leaseUntil: sessions.leaseUntil,
  /** Of the token that opened it, where no sign-in did. */
  token: { id: apiTokens.id, name: apiTokens.name },
};

export type DeskFilter = {
  /** Only this person's; otherwise everybody's. */
  personId?: PersonId;
  /** Words that all occur in the name or email of the person, or the name of the computer or record; empty for all. */
  search: string;
  state?: SessionState;
  mode?: SessionMode;
  /** `unplayable`: only those that were to be recorded and have nothing that can be played. */
  recording?: RecordingFilter;
  /** Those requested before this one: ids are made in the order of time. */
  before?: SessionId;
  limit: number;
};

export type DeskSession = Awaited<ReturnType<typeof findDeskSession>>;

const hasNothingPlayable = or(
  eq(recordings.state, 'failed'),
  and(eq(recordings.playable, 'unplayable'), ne(recordings.state, 'deleted')),
  and(
    isNull(recordings.sessionId),
    eq(sessions.state, 'ended'),
    ne(sessions.mode, 'AWS'),
    isNotNull(sessions.openedAt),
    sql`${sessions.policy} ->> 'recording' <> 'off'`,
  ),
);

const byRecording: Record<RecordingFilter, SQL | undefined> = {
  unplayable: hasNothingPlayable,
  held: isNotNull(recordings.heldAt),
  kept: isNotNull(recordings.keptWhy),
  deleted: eq(recordings.state, 'deleted'),
};

/** Sessions for the desk, the latest first. */
export async function listDeskSessions(tx: Tx, filter: DeskFilter) {
  const { personId, search, state, mode, recording, before, limit } = filter;
  return tx
    .select(summary)
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .leftJoin(computers, eq(computers.id, sessions.computerId))
    .leftJoin(credentials, isItsRecord)
    .leftJoin(recordings, eq(recordings.sessionId, sessions.id))
    .where(
      and(
        personId && eq(sessions.personId, personId),
        state && eq(sessions.state, state),
        mode && eq(sessions.mode, mode),
        recording && byRecording[recording],
        before && lt(sessions.id, before),
        matchesAll(search, [people.name, people.email, computers.name, credentials.name]),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(limit);
}

const mostRunning = 500;

/** Sessions that run, the longest first, by the names of their person and computer. */
export async function listRunning(tx: Tx) {
  return tx
    .select({ id: sessions.id, person: people.name, computer: computers.name, openedAt: sessions.openedAt })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .innerJoin(computers, eq(computers.id, sessions.computerId))
    .where(eq(sessions.state, 'active'))
    .orderBy(asc(sessions.id))
    .limit(mostRunning);
}

export async function findDeskSession(tx: Tx, id: SessionId) {
  const [session] = await tx
    .select(details)
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .leftJoin(computers, eq(computers.id, sessions.computerId))
    .leftJoin(credentials, isItsRecord)
    .leftJoin(apiTokens, eq(apiTokens.id, sessions.apiTokenId))
    .leftJoin(recordings, eq(recordings.sessionId, sessions.id))
    .leftJoin(holder, eq(holder.id, recordings.heldBy))
    .leftJoin(lifter, eq(lifter.id, recordings.liftAskedBy))
    .where(eq(sessions.id, id));
  return session;
}

/** What `decide` needs of a session, which nobody changes until the transaction ends. */
export async function lockSessionFacts(tx: Tx, id: SessionId) {
  const { personId, loginSessionId, state } = sessions;
  const [session] = await tx
    .select({ id: sessions.id, personId, loginSessionId, state })
    .from(sessions)
    .where(eq(sessions.id, id))
    .for('update');
  return session;
}

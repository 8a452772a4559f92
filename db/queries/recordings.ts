import { and, asc, desc, eq, inArray, ne } from 'drizzle-orm';
import type { PersonId, SessionId } from '../../server/ids.ts';
import type { SecretPrint } from '../../server/protocol/secret-print.ts';
import type { Tx } from '../connect.ts';
import { auditEvents, recordings, sessions } from '../schema.ts';

/** A recorder opened its folder. `secretPrints`: of what must not be found in its text. */
export async function insertRecording(
  tx: Tx,
  recording: { sessionId: SessionId; path: string; startedAt: Date; secretPrints: SecretPrint[] },
): Promise<void> {
  await tx.insert(recordings).values(recording);
}

export type RecordingClosing =
  | { state: 'sealed'; sealedAt: Date; sealReason: string; head: string; bytes: number; durationMs: number }
  | { state: 'failed'; sealReason: string };

/** Closes a recording. `true` only for the one call that did. */
export async function closeRecording(tx: Tx, sessionId: SessionId, closing: RecordingClosing): Promise<boolean> {
  const rows = await tx
    .update(recordings)
    .set(closing)
    .where(and(eq(recordings.sessionId, sessionId), eq(recordings.state, 'writing')))
    .returning({ sessionId: recordings.sessionId });
  return rows.length === 1;
}

export type ClosedRecording = Pick<
  typeof recordings.$inferSelect,
  'state' | 'path' | 'bytes' | 'durationMs' | 'indexState' | 'playable' | 'sealReason' | 'secretPrints'
> & {
  /** What the session counted while it ran. */
  live: Pick<typeof sessions.$inferSelect, 'bytesOut' | 'endReason' | 'exitStatus'>;
};

/** What is known of a recording before it is read to its end. */
export async function findRecordingOf(tx: Tx, sessionId: SessionId): Promise<ClosedRecording | undefined> {
  const { state, path, bytes, durationMs, indexState, playable, sealReason, secretPrints } = recordings;
  const { bytesOut, endReason, exitStatus } = sessions;
  const live = { bytesOut, endReason, exitStatus };
  const [row] = await tx
    .select({ state, path, bytes, durationMs, indexState, playable, sealReason, secretPrints, live })
    .from(recordings)
    .innerJoin(sessions, eq(sessions.id, recordings.sessionId))
    .where(eq(recordings.sessionId, sessionId));
  return row;
}

/** Closed recordings that nobody has read to their ends or is about to, the latest first. */
export async function findUnread(tx: Tx, limit: number): Promise<SessionId[]> {
  const rows = await tx
    .select({ sessionId: recordings.sessionId })
    .from(recordings)
    .where(and(eq(recordings.indexState, 'none'), inArray(recordings.state, ['sealed', 'failed'])))
    .orderBy(desc(recordings.sessionId))
    .limit(limit);
  return rows.map(({ sessionId }) => sessionId);
}

/** A recording is to be read to its end. */
export async function markUnread(tx: Tx, sessionId: SessionId): Promise<void> {
  await tx.update(recordings).set({ indexState: 'waiting' }).where(eq(recordings.sessionId, sessionId));
}

export type RecordingReading = {
  indexState: 'ready' | 'failed';
  indexedAt: Date;
  indexBytes: number;
  playable: 'playable' | 'unplayable';
  checkDetail: string | null;
};

/** What was found when it was read to its end. `false`: it was deleted in the meantime. */
export async function writeReading(tx: Tx, sessionId: SessionId, reading: RecordingReading): Promise<boolean> {
  const rows = await tx
    .update(recordings)
    .set(reading)
    .where(and(eq(recordings.sessionId, sessionId), ne(recordings.state, 'deleted')))
    .returning({ sessionId: recordings.sessionId });
  return rows.length === 1;
}

export type UnsealedRecording = { sessionId: SessionId; personId: PersonId; path: string };

/** Recordings of ended sessions that nobody sealed: what a gateway leaves behind that did not get to it. */
export async function findUnsealed(tx: Tx): Promise<UnsealedRecording[]> {
  return tx
    .select({ sessionId: recordings.sessionId, personId: sessions.personId, path: recordings.path })
    .from(recordings)
    .innerJoin(sessions, eq(sessions.id, recordings.sessionId))
    .where(and(eq(recordings.state, 'writing'), eq(sessions.state, 'ended')));
}

/** What the database knows of a session's recording beside its files. */
export type RecordingEvidence = {
  /** Heads of segments in the audit log; number 0 is the opening. */
  anchors: { seq: number; head: string }[];
  /** The last head and the hash of the manifest, once the audit log saw it sealed. */
  sealedHead: string | undefined;
  manifestSha256: string | undefined;
  /** Its row says that it was sealed. */
  isSealed: boolean;
  /** What the audit log saw deleted. */
  deletion: { head: string; manifestSha256: string } | null;
};

const evidenceKinds = ['recording.segment', 'recording.sealed', 'recording.deleted'];

export async function readEvidence(tx: Tx, sessionId: SessionId): Promise<RecordingEvidence> {
  const rows = await tx
    .select({ kind: auditEvents.kind, subject: auditEvents.subject })
    .from(auditEvents)
    .where(and(eq(auditEvents.sessionId, sessionId), inArray(auditEvents.kind, evidenceKinds)))
    .orderBy(asc(auditEvents.writerId), asc(auditEvents.seq));
  const anchors = rows
    .filter(({ kind }) => kind === 'recording.segment')
    .map(({ subject }) => ({ seq: Number(subject.seq), head: String(subject.head) }));
  const sealed = rows.find(({ kind }) => kind === 'recording.sealed')?.subject;
  const deleted = rows.find(({ kind }) => kind === 'recording.deleted')?.subject;
  const [row] = await tx
    .select({ state: recordings.state })
    .from(recordings)
    .where(eq(recordings.sessionId, sessionId));
  return {
    anchors,
    sealedHead: sealed && String(sealed.head),
    manifestSha256: sealed && String(sealed.manifestSha256),
    isSealed: row?.state === 'sealed',
    deletion: deleted ? { head: String(deleted.head), manifestSha256: String(deleted.manifestSha256) } : null,
  };
}

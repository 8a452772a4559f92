import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { connect } from '../../../db/connect.ts';
import { auditEvents, policies, recordings, recordingTexts } from '../../../db/schema.ts';
import { actorOf, aLogin, aPerson, aPolicy, aRecording, aSession, snapshotOf } from '../../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../../db/testing/database.ts';
import type { Actor, Context } from '../../context.ts';
import type { SessionId } from '../../ids.ts';
import { createJobRunner } from '../../jobs/runner.ts';
import { writeRecordingEnd } from '../../live/end.ts';
import type { Role } from '../../protocol/session-words.ts';
import { eraseRecording, proveRecording } from '../../recording/erase.ts';
import { recordingFolder } from '../../recording/folder.ts';
import type { SealedRecording } from '../../recording/port.ts';
import { createRecordingStore } from '../../recording/store.ts';
import { makeSubject, size } from '../../recording/testing/test-store.ts';
import { verifyHere } from '../../recording/testing/verify-here.ts';
import {
  type DeletionPorts,
  deleteRecordingsKind,
  deleteRecordingsWork,
  planDeletions,
} from '../delete-recordings-job.ts';

export const dayMs = 24 * 3_600_000;

export type SealedSession = { id: SessionId; folder: string; sealed: SealedRecording };

/** Real recordings of ended sessions, their rows and their evidence, and the work that deletes them. */
export async function retentionRig() {
  const database: TestDatabase = await testDatabase();
  const { db } = database.connection;
  const asOwner = connect(database.ownerUrl, { max: 1 });
  const root = await mkdtemp(join(tmpdir(), 'sallyport-retention-'));
  const ctx = database.context();
  const key = ctx.keyring.recording;
  // Signed in for good, because days go by here.
  const person = async (...roles: Role[]): Promise<Actor> => {
    const made = await aPerson(db, { roles });
    return actorOf(made, await aLogin(db, made, { expiresAt: new Date('9999-01-01T00:00:00Z') }));
  };
  const owner = await person('user');
  const logged: string[] = [];
  const told: Context & { clock: typeof ctx.clock } = {
    ...ctx,
    log: { ...ctx.log, error: (message) => void logged.push(message) },
  };
  const store = createRecordingStore({ root, key, clock: ctx.clock, monotonicMs: () => 0 });
  const ports: DeletionPorts = {
    prove: (recording) => proveRecording({ root, publicKeys: [key.publicKeyPem], ...recording }, verifyHere),
    erase: (path, deletion) => eraseRecording({ root, key }, path, deletion),
  };

  /** Sealed as the gateway does it, at the time that the clock says, under a policy with these days. */
  async function aSealed(given: { retentionDays?: number | null; by?: Actor; policyId?: string } = {}) {
    const { by = owner, retentionDays = null } = given;
    const policy = given.policyId
      ? (await db.select().from(policies)).find(({ id }) => id === given.policyId)
      : await aPolicy(db, { retentionDays });
    if (!policy) throw new Error('There is no such policy.');
    const ending = { state: 'ended', endReason: 'exited', endedAt: ctx.clock.now() } as const;
    const session = await aSession(db, by, { ...ending, policy: snapshotOf(policy) });
    const segments: { seq: number; head: string }[] = [];
    const callbacks = {
      onSegment: (seq: number, head: string) => void segments.push({ seq, head }),
      onFailure: (error: Error) => {
        throw error;
      },
    };
    const { recorder, path, openingHead } = await store.open(makeSubject(session.id), size, callbacks);
    recorder.output(Buffer.from('what was done\r\n'));
    const sealed = await recorder.seal('closed');
    await aRecording(db, session, { path, startedAt: ctx.clock.now() });
    const events = [{ seq: 0, head: openingHead }, ...segments].map(
      (subject) => ({ kind: 'recording.segment', sessionId: session.id, subject }) as const,
    );
    await ctx.audit.append(...events);
    await writeRecordingEnd(ctx, { sessionId: session.id, personId: by.person.id }, { sealed, reason: 'closed' });
    await db.insert(recordingTexts).values({ sessionId: session.id, seq: 1, elapsedMs: 5, text: 'what was done' });
    return { id: session.id, policyId: policy.id, folder: recordingFolder(root, path), sealed };
  }

  return {
    database,
    db,
    /** For what the application may not do. */
    asOwner,
    ctx: told,
    root,
    owner,
    logged,
    ports,
    aSealed,
    person,
    async row(id: SessionId) {
      const [row] = await db.select().from(recordings).where(eq(recordings.sessionId, id));
      if (!row) throw new Error('There is no such recording.');
      return row;
    },
    async events(id: SessionId) {
      const rows = await db.select().from(auditEvents).where(eq(auditEvents.sessionId, id)).orderBy(auditEvents.seq);
      return rows.map(({ kind, subject }) => ({ kind, subject }));
    },
    async texts(id: SessionId) {
      return (await db.select().from(recordingTexts).where(eq(recordingTexts.sessionId, id))).length;
    },
    /** Does what is due now. */
    async sweep(given: Partial<DeletionPorts> = {}) {
      await planDeletions(told);
      const work = deleteRecordingsWork(told, { ...ports, ...given }, { waitMs: 60_000 });
      const runner = await createJobRunner(told, { [deleteRecordingsKind]: work }, { isOnlyRunner: true });
      await runner.drain();
      await runner.stop();
    },
    /** As `sweep`, after so many days. */
    async after(days: number, given: Partial<DeletionPorts> = {}) {
      ctx.clock.advance(days * dayMs);
      await this.sweep(given);
    },
    async close() {
      await asOwner.close();
      await database.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/**
 * Contract: a recording is kept until its day and deleted after it, with evidence that was written before a byte went; one
 * that is held, was never sealed or is not what was sealed is kept, and is an alarm, once; whoever puts it on hold at the last
 * moment wins; what was cut off anywhere is finished; and the work comes back for as long as there is an installation.
 */
import { appendFile, chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readEvidence } from '../../db/queries/recordings.ts';
import { jobs, recordings } from '../../db/schema.ts';
import { verifyAuditChains } from '../audit/verify-chain.ts';
import { deferred } from '../front/testing/running-front.ts';
import { verifyRecording } from '../recording/verify.ts';
import { type DeletionPorts, deleteRecordingsKind, deleteRecordingsWork } from './delete-recordings-job.ts';
import { holdRecording } from './hold-recording.ts';
import { dayMs, retentionRig } from './testing/retention-rig.ts';

let rig: Awaited<ReturnType<typeof retentionRig>>;

beforeAll(async () => {
  rig = await retentionRig();
});
afterAll(() => rig?.close());
beforeEach(() => void rig.logged.splice(0));

const kindsOf = async (id: Parameters<typeof rig.events>[0]) => (await rig.events(id)).map(({ kind }) => kind);
const keptOf = async (id: Parameters<typeof rig.events>[0]) =>
  (await rig.events(id)).filter(({ kind }) => kind === 'recording.kept').map(({ subject }) => subject);
const jobOf = async () => {
  const [job] = await rig.db.select().from(jobs).where(eq(jobs.kind, deleteRecordingsKind));
  return job;
};

describe('a recording whose time is over', () => {
  it('is deleted, not a moment before, and its files, its text and its evidence say the same', async () => {
    const { id, folder, sealed } = await rig.aSealed({ retentionDays: 30 });
    const until = (await rig.row(id)).retainUntil;
    expect(until?.getTime()).toBe(rig.ctx.clock.now().getTime() + 30 * dayMs);
    const secretPrints = [{ length: 8, rolling: 1, hmac: 'of a secret that nobody looked for yet' }];
    await rig.asOwner.db.update(recordings).set({ secretPrints }).where(eq(recordings.sessionId, id));
    rig.ctx.clock.advance(-1);
    await rig.after(30);
    expect(await rig.row(id)).toMatchObject({ state: 'sealed', deletedAt: null });
    expect(await readdir(folder)).toContain('typescript');

    rig.ctx.clock.advance(1);
    await rig.sweep();
    const now = rig.ctx.clock.now();
    expect(await rig.row(id)).toMatchObject({ state: 'deleted', deletedAt: now, erasedAt: now, head: sealed.head });
    expect((await readdir(folder)).sort()).toEqual(['deleted.json', 'manifest.json']);
    expect(await rig.texts(id)).toBe(0);
    expect((await rig.row(id)).secretPrints).toEqual([]);
    const { head, manifestSha256, bytes } = sealed;
    expect(await rig.events(id)).toContainEqual({
      kind: 'recording.deleted',
      subject: {
        head,
        manifestSha256,
        bytes,
        reason: `Its time was over: it was to be kept until ${until?.toISOString()}.`,
      },
    });
    const evidence = await readEvidence(rig.db, id);
    const { publicKeyPem } = rig.ctx.keyring.recording;
    expect(await verifyRecording({ folder, sessionId: id, publicKeyPem, ...evidence })).toMatchObject({
      state: 'deleted',
      findings: [],
    });
    expect(await verifyAuditChains(rig.db)).toMatchObject({ broken: [] });
  });

  it('is kept for ever where neither policy nor setting says otherwise', async () => {
    const { id } = await rig.aSealed();
    expect((await rig.row(id)).retainUntil).toBeNull();
    await rig.after(36_500);
    expect((await rig.row(id)).state).toBe('sealed');
  });

  it('is deleted once, however often the work is done', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    await rig.after(2);
    await rig.sweep();
    expect((await kindsOf(id)).filter((kind) => kind === 'recording.deleted')).toHaveLength(1);
  });

  it('goes with all others that are due, in small steps', async () => {
    const many = await Promise.all(Array.from({ length: 45 }, () => rig.aSealed({ retentionDays: 1 })));
    await rig.after(2);
    const states = await Promise.all(many.map(async ({ id }) => (await rig.row(id)).state));
    expect(new Set(states)).toEqual(new Set(['deleted']));
  });
});

describe('is kept, and is an alarm, once for each reason,', () => {
  it('when somebody put it on hold', async () => {
    const { id, folder } = await rig.aSealed({ retentionDays: 1 });
    const auditor = await rig.person('auditor');
    expect(await holdRecording(rig.ctx, auditor, { sessionId: id, why: 'The incident of May.' })).toMatchObject({
      ok: true,
    });
    await rig.after(2);
    await rig.after(2);
    expect(await rig.row(id)).toMatchObject({ state: 'sealed', keptWhy: 'Somebody put it on hold.' });
    expect(await readdir(folder)).toContain('typescript');
    expect(await keptOf(id)).toEqual([{ why: 'Somebody put it on hold.' }]);
    expect(rig.logged).toHaveLength(1);
  });

  it('when it was changed, and again when it is found to be gone', async () => {
    const { id, folder } = await rig.aSealed({ retentionDays: 1 });
    await appendFile(join(folder, 'typescript'), 'made up');
    await rig.after(2);
    await rig.after(2);
    const first = expect.stringContaining('bytes after its last segment');
    expect(await keptOf(id)).toEqual([{ why: first }]);
    await rm(folder, { recursive: true });
    await rig.after(2);
    expect(await keptOf(id)).toEqual([{ why: first }, { why: 'Its folder is gone.' }]);
    expect(await rig.row(id)).toMatchObject({ state: 'sealed' });
  });

  it('when it was never sealed', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    await rig.asOwner.db.update(recordings).set({ state: 'failed' }).where(eq(recordings.sessionId, id));
    await rig.after(2);
    expect(await keptOf(id)).toEqual([{ why: expect.stringContaining('never sealed') }]);
  });

  it('when its row says sealed and the audit log knows nothing of it', async () => {
    const { id, folder } = await rig.aSealed({ retentionDays: 1 });
    await rig.asOwner.sql`
      delete from audit_events where session_id = ${id} and kind = 'recording.sealed'`;
    await rig.after(2);
    expect(await keptOf(id)).toHaveLength(1);
    expect(await readdir(folder)).toContain('typescript');
  });

  it('when it could not be looked at; and is deleted as soon as it can', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    await rig.after(2, { prove: () => Promise.reject(new Error('EIO')) });
    expect(await keptOf(id)).toEqual([{ why: 'It could not be looked at; the log says why.' }]);
    await rig.sweep();
    expect((await rig.row(id)).state).toBe('sealed');
    await rig.after(2);
    expect(await rig.row(id)).toMatchObject({ state: 'deleted', keptAt: null, keptWhy: null });
  });
});

describe('whoever comes in between', () => {
  it('with a hold, after it was read and before it was deleted, wins', async () => {
    const { id, folder } = await rig.aSealed({ retentionDays: 1 });
    const auditor = await rig.person('auditor');
    await rig.after(2, {
      async prove(recording) {
        const proven = await rig.ports.prove(recording);
        if (recording.sessionId === id) await holdRecording(rig.ctx, auditor, { sessionId: id, why: 'Just in time.' });
        return proven;
      },
    });
    expect(await rig.row(id)).toMatchObject({ state: 'sealed', keptWhy: 'Somebody put it on hold.' });
    expect(await kindsOf(id)).not.toContain('recording.deleted');
    expect(await readdir(folder)).toContain('typescript');
  });

  it('with a hold, after it was deleted, is told so', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    await rig.after(2);
    const auditor = await rig.person('auditor');
    const outcome = await holdRecording(rig.ctx, auditor, { sessionId: id, why: 'Too late.' });
    expect(outcome).toMatchObject({ ok: false, code: 'recording_deleted' });
  });

  it('with a longer time that nobody told this recording of, wins', async () => {
    const { id, policyId } = await rig.aSealed({ retentionDays: 1 });
    await rig.asOwner.sql`update policies set retention_days = 90 where id = ${policyId}`;
    await rig.after(2);
    const row = await rig.row(id);
    expect(row).toMatchObject({ state: 'sealed', keptWhy: null });
    expect(row.retainUntil?.getTime()).toBe((row.sealedAt?.getTime() ?? 0) + 90 * dayMs);
  });
});

describe('a deletion that is cut off', () => {
  it('before its files went is finished by the next work, with the evidence that there is', async () => {
    const { id, folder, sealed } = await rig.aSealed({ retentionDays: 1 });
    await rig.after(2, { erase: () => Promise.reject(new Error('EROFS')) });
    expect(await rig.row(id)).toMatchObject({ state: 'deleted', erasedAt: null });
    expect(await keptOf(id)).toEqual([{ why: 'Its files could not be removed; the log says why.' }]);
    expect(await readdir(folder)).toContain('typescript');
    await rig.after(2);
    expect(await rig.row(id)).toMatchObject({ state: 'deleted', erasedAt: rig.ctx.clock.now(), keptWhy: null });
    expect((await readdir(folder)).sort()).toEqual(['deleted.json', 'manifest.json']);
    const { head, manifestSha256 } = sealed;
    const known = { sealedHead: head, deletion: { manifestSha256 } };
    const { publicKeyPem } = rig.ctx.keyring.recording;
    expect(await verifyRecording({ folder, sessionId: id, publicKeyPem, ...known })).toMatchObject({
      state: 'deleted',
    });
  });

  it.skipIf(process.getuid?.() === 0)('by a folder that nobody may write to is an alarm', async () => {
    const { id, folder } = await rig.aSealed({ retentionDays: 1 });
    await chmod(folder, 0o500);
    await rig.after(2);
    expect(await keptOf(id)).toHaveLength(1);
    await chmod(folder, 0o700);
  });
});

describe('the work', () => {
  it('is no alarm when the gateway stops in the midst of it, and begins anew', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    const stopping = () => Promise.reject(new DOMException('The gateway stops.', 'AbortError'));
    await rig.after(2, { prove: stopping });
    expect(await rig.row(id)).toMatchObject({ state: 'sealed', keptAt: null });
    expect(await keptOf(id)).toEqual([]);
    rig.ctx.clock.advance(3_600_000);
    await rig.sweep();
    expect((await rig.row(id)).state).toBe('deleted');
  });

  it('holds up no other while a long recording is read, and joins that reading when it looks again', async () => {
    const { id } = await rig.aSealed({ retentionDays: 1 });
    rig.ctx.clock.advance(2 * dayMs);
    const read = deferred();
    let readings = 0;
    const ports: DeletionPorts = {
      ...rig.ports,
      async prove(recording) {
        if (recording.sessionId === id) readings += 1;
        await read.promise;
        return rig.ports.prove(recording);
      },
    };
    const work = deleteRecordingsWork(rig.ctx, ports, { waitMs: 1 });
    const job = await jobOf();
    if (!job) throw new Error('There is no such work.');
    const soon = new Date(rig.ctx.clock.now().getTime() + 30_000);
    for (let time = 0; time < 2; time += 1) expect(await work.attempt(job)).toMatchObject({ next: { at: soon } });
    read.resolve();
    await expect.poll(async () => (await rig.row(id)).erasedAt, { timeout: 20_000 }).not.toBeNull();
    expect(readings).toBe(1);
  });

  it('waits for the next day that is due, at most some hours, and is never given up', async () => {
    await rig.sweep();
    const first = await jobOf();
    expect(first).toMatchObject({ state: 'waiting', leaseUntil: null });
    expect(first?.dueAt.getTime()).toBe(rig.ctx.clock.now().getTime() + dayMs / 4);
    const { id } = await rig.aSealed({ retentionDays: 1 });
    rig.ctx.clock.advance(dayMs - 60_000);
    await rig.sweep();
    expect((await jobOf())?.dueAt).toEqual((await rig.row(id)).retainUntil);
    await rig.after(4000);
    expect(await jobOf()).toMatchObject({ state: 'waiting' });
    expect((await rig.row(id)).state).toBe('deleted');
  });
});

/**
 * Contract: whatever is done to a recording or to the audit log after the fact is found and named, by `npm run verify` as
 * the program it is and by the button on the session's page alike: a flipped bit, a cut tail, a dropped segment, two
 * swapped sessions, a signature by another key, deleted newest rows of the audit log. What nobody touched is intact. The
 * button asks the gateway, tells how far it is, and writes down what was found; it is for auditors and administrators.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../db/connect.ts';
import { auditEvents } from '../db/schema.ts';
import { anActor, aRecording, aSession } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import { valueIn } from '../db/testing/value-in.ts';
import { openAnchorFile } from './audit/anchor-file.ts';
import { anchorOutside, missingRows } from './audit/anchor-outside.ts';
import { environmentForOthers } from './config/env.ts';
import type { Actor, Context } from './context.ts';
import { lastProof, verifyRecording } from './desk/verify-recording.ts';
import { createRecordingProofs } from './front/recording-proofs.ts';
import { ask, logInto, type RunningFront, runFront } from './front/testing/running-front.ts';
import { newId, type SessionId } from './ids.ts';
import { type ProofMessage, ProofMessageSchema, type RecordingProof } from './protocol/recording-proof.ts';
import { parseManifest, signManifest } from './recording/manifest.ts';
import { keepPublicKey } from './recording/public-key.ts';
import { makeKey, makeStore, makeSubject, type Opened, type TestStore } from './recording/testing/test-store.ts';
import { createVerifier } from './recording/verifier.ts';

let database: TestDatabase;
let ctx: Context;
let person: Actor;
let auditor: Actor;
let room: TestStore;
let dataDir: string;
let front: RunningFront;
let opened: Opened;
let asking: Actor;

const verifier = createVerifier(pathToFileURL(join(import.meta.dirname, 'recording/verify-child.ts')), {
  execArgv: ['--import', 'tsx'],
});
const anchorsPath = () => join(dataDir, 'audit-anchors.ndjson');

beforeAll(async () => {
  database = await testDatabase();
  person = await anActor(database.connection.db);
  auditor = await anActor(database.connection.db, ['auditor']);
});
afterAll(() => database?.close());
beforeEach(async () => {
  ctx = database.context();
  asking = auditor;
  room = await makeStore({ limits: { segmentBytes: 300, syncMs: 1, coalesceMs: 1 } });
  dataDir = join(room.root, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await keepPublicKey(dataDir, room.key.publicKeyPem);
  opened = await aSealedRecording();
  await anchorOutside(ctx, await openAnchorFile(anchorsPath()), new Set());
  front = await runFront({
    proveRecording: createRecordingProofs({
      ours: { origin: 'http://gateway.test' } as RunningFront['ours'],
      log: logInto([]),
      waiting: () => verifier.waiting,
      prove: ({ sessionId, ...options }) =>
        verifyRecording(
          ctx,
          asking,
          { sessionId },
          {
            verify: (recording) =>
              verifier.verify({ root: room.root, publicKeyPem: room.key.publicKeyPem, ...recording }, options),
            missingRows: async () => missingRows(ctx, await openAnchorFile(anchorsPath())),
          },
        ),
    }),
  });
});
afterEach(async () => {
  await front[Symbol.asyncDispose]();
  await room[Symbol.asyncDispose]();
});

/** A recording with three segments, its row, and all that the gateway would have written to the audit log. */
async function aSealedRecording(): Promise<Opened> {
  const { db } = database.connection;
  const session = await aSession(db, person, { state: 'ended', endReason: 'closed', endedAt: new Date() });
  const made = await room.open(makeSubject(session.id));
  for (const turn of [1, 2, 3]) {
    made.recorder.output(Buffer.from(`evidence of segment ${turn}\r\n`.repeat(20)));
    await vi.waitFor(() => expect(made.segments).toHaveLength(turn));
  }
  const { head, manifestSha256, bytes, durationMs } = await made.recorder.seal('closed');
  const about = { sessionId: session.id, actorId: person.person.id };
  const anchors = [{ seq: 0, head: made.openingHead }, ...made.segments];
  await ctx.audit.append(...anchors.map((subject) => ({ kind: 'recording.segment', ...about, subject }) as const), {
    kind: 'recording.sealed',
    ...about,
    subject: { head, manifestSha256, reason: 'closed', bytes },
  });
  await aRecording(db, session, { state: 'sealed', path: made.path, bytes, durationMs, head, sealReason: 'closed' });
  return made;
}

function command(...args: string[]): Promise<{ status: number; text: string }> {
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.appUrl };
  const argv = ['--import', 'tsx', join(import.meta.dirname, 'verify.ts'), ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { env: { ...environmentForOthers(), ...settings } }, (_, text) =>
      resolve({ status: child.exitCode ?? -1, text }),
    );
  });
}
const proveByCommand = () => command(opened.sessionId, '--recordings', room.root);

const request = (sessionId: string) =>
  ({
    path: `/api/recordings/${sessionId}/proof`,
    method: 'POST',
    headers: { origin: front.ours.origin, 'sec-fetch-site': 'same-origin' },
  }) as const;

async function messages(sessionId = opened.sessionId): Promise<ProofMessage[]> {
  const { status, body } = await ask(front, request(sessionId));
  expect([status, body]).toEqual([200, expect.any(String)]);
  return body
    .trimEnd()
    .split('\n')
    .map((line) => ProofMessageSchema.parse(JSON.parse(line)));
}

async function proveByButton(): Promise<RecordingProof> {
  const last = (await messages()).at(-1);
  if (!last || !('proof' in last)) throw new Error(`No proof: ${JSON.stringify(last)}`);
  return last.proof;
}

async function edit(path: string, change: (bytes: Buffer) => Uint8Array | string): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}
const part = (name: string, of = opened) => join(of.folder, name);

async function asOwner(statement: string): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1 });
  await owner.sql.unsafe(statement);
  await owner.close();
}

const findings = async (sessionId: SessionId) =>
  database.connection.db
    .select({ subject: auditEvents.subject, actorId: auditEvents.actorId })
    .from(auditEvents)
    .where(and(eq(auditEvents.sessionId, sessionId), eq(auditEvents.kind, 'recording.verified')));

it('what nobody touched is intact, by both', { timeout: 60_000 }, async () => {
  expect(await proveByCommand()).toMatchObject({
    status: 0,
    text: expect.stringMatching(/The recording is intact: 3 segments[\s\S]*with the 4 heads that the audit log holds/),
  });
  const said = await messages();
  expect(said.at(-1)).toMatchObject({
    proof: { state: 'intact', intactSegments: 3, problems: [], logProblems: [], heads: 4 },
  });
  const percents = said.flatMap((message) => ('percent' in message ? [message.percent] : []));
  expect(percents.at(-1)).toBe(100);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect((await command('audit')).text).toContain('Compared with the');
});

describe('tampering is found and named, by the command and by the button', () => {
  type Case = [what: string, tamper: () => Promise<void>, named: RegExp];
  const cases: Case[] = [
    [
      'a flipped bit',
      () =>
        edit(part('typescript'), (bytes) => {
          bytes.writeUInt8(bytes.readUInt8(700) ^ 4, 700);
          return bytes;
        }),
      /Segment [12]: typescript was changed between byte/,
    ],
    ['a cut tail', () => truncate(part('typescript'), 900), /Segment [23]: typescript ends at byte 900/],
    [
      'a tail that is cut everywhere, with the signature',
      async () => {
        await edit(part('chain.ndjson'), (bytes) => `${bytes.toString().split('\n').slice(0, 3).join('\n')}\n`);
        await rm(part('manifest.json'));
      },
      /Segment 3: it is missing, and the audit log knows segments up to 3/,
    ],
    [
      'a dropped segment',
      () => edit(part('chain.ndjson'), (bytes) => bytes.toString().split('\n').toSpliced(2, 1).join('\n')),
      /Segment 2: it is missing: the chain goes on with segment 3/,
    ],
    [
      'two sessions in each other’s place',
      async () => {
        const other = await aSealedRecording();
        const aside = join(room.root, 'aside');
        await rename(opened.folder, aside);
        await cp(other.folder, opened.folder, { recursive: true });
        await rm(other.folder, { recursive: true });
        await rename(aside, other.folder);
      },
      /manifest\.json belongs to another session, [0-9a-f-]{36}/,
    ],
    [
      'a signature by another key',
      () =>
        edit(part('manifest.json'), (bytes) => {
          const manifest = parseManifest(bytes.toString());
          if (!manifest) throw new Error('There is a manifest.');
          const { signature: _, keyId: __, ...body } = manifest;
          return signManifest({ ...body, person: { ...body.person, name: 'Somebody Else' } }, makeKey());
        }),
      /not signed by this public key/,
    ],
    [
      'a new signature by a thief of the very key',
      () =>
        edit(part('manifest.json'), (bytes) => {
          const manifest = parseManifest(bytes.toString());
          if (!manifest) throw new Error('There is a manifest.');
          const { signature: _, keyId: __, ...body } = manifest;
          return signManifest({ ...body, endedAt: body.startedAt }, room.key);
        }),
      /manifest\.json is not the one that the audit log saw sealed/,
    ],
    [
      'deleted newest rows of the audit log',
      () => asOwner(`delete from audit_events where writer_id = '${ctx.audit.writerId}' and seq >= 5`),
      /the audit log has no row of that: its newest rows were deleted/,
    ],
  ];

  it.each(cases)('%s', { timeout: 60_000 }, async (_, tamper, named) => {
    await tamper();
    const told = await proveByCommand();
    expect(told.text).toMatch(named);
    expect(told).toMatchObject({ status: 1, text: expect.stringContaining('NOT intact') });
    const { state, problems } = await proveByButton();
    expect([state, problems.join(' ')]).toEqual(['tampered', expect.stringMatching(named)]);
    expect(await findings(opened.sessionId as SessionId)).toMatchObject([
      { actorId: auditor.person.id, subject: { state: 'tampered', detail: expect.stringMatching(named) } },
    ]);
    expect(valueIn(await lastProof(ctx, auditor, { sessionId: opened.sessionId as SessionId }))).toMatchObject({
      isProven: false,
    });
  });

  it('deleted newest rows that were noted outside, also those of other things', { timeout: 60_000 }, async () => {
    await ctx.audit.append({ kind: 'group.created', subject: { groupId: newId(), name: 'noted' } });
    await anchorOutside(ctx, await openAnchorFile(anchorsPath()), new Set());
    const { writerId } = ctx.audit;
    await asOwner(`delete from audit_events where writer_id = '${writerId}' and seq > 5`);
    const log = await command('audit');
    expect(log.text).toMatch(
      new RegExp(
        `Writer ${writerId}: its newest rows were deleted: the log ends at row 5, and the anchor file noted row`,
      ),
    );
    expect(log.status).toBe(1);
    const { state, logProblems } = await proveByButton();
    expect([state, logProblems.join()]).toEqual([
      'intact',
      expect.stringMatching(/^The audit log has lost rows: row \d/),
    ]);
  });
});

describe('the button', () => {
  it('leaves what was found with the session, for whoever may ask', { timeout: 30_000 }, async () => {
    const sessionId = opened.sessionId as SessionId;
    expect(valueIn(await lastProof(ctx, auditor, { sessionId }))).toBeNull();
    const { at } = await proveByButton();
    expect(valueIn(await lastProof(ctx, auditor, { sessionId }))).toMatchObject({ isProven: true, detail: null });
    expect(at).toBe(ctx.clock.now().toISOString());
    expect(valueIn(await lastProof(ctx, person, { sessionId }))).toBeNull();
  });

  it('is for auditors and administrators; others learn nothing, and nothing is written down', async () => {
    const refusals: [Actor, number][] = [
      [person, 403],
      [await anActor(database.connection.db, ['approver']), 404],
    ];
    for (const [who, status] of refusals) {
      asking = who;
      expect((await ask(front, request(opened.sessionId))).status).toBe(status);
    }
    asking = auditor;
    expect((await ask(front, request(newId()))).status).toBe(404);
    expect(await findings(opened.sessionId as SessionId)).toEqual([]);
  });

  it('is pressed on our own pages only, and never by reading an address', async () => {
    const there = request(opened.sessionId);
    expect((await ask(front, { ...there, headers: { origin: 'http://evil.test' } })).status).toBe(403);
    expect((await ask(front, { ...there, method: 'GET' })).status).toBe(404);
    expect(await findings(opened.sessionId as SessionId)).toEqual([]);
  });

  it('names a recording of which nothing is left, or that is reached through a link', { timeout: 60_000 }, async () => {
    const elsewhere = join(room.root, 'gone');
    await rename(opened.folder, elsewhere);
    expect(await proveByCommand()).toMatchObject({ status: 1, text: expect.stringMatching(/NOT intact/) });
    for (const problem of ['Its folder is gone', 'through a link']) {
      expect((await ask(front, request(opened.sessionId))).status).toBe(200);
      expect((await findings(opened.sessionId as SessionId)).at(-1)).toMatchObject({
        actorId: auditor.person.id,
        subject: { state: 'tampered', detail: expect.stringContaining(problem) },
      });
      if (problem.includes('gone')) await symlink(elsewhere, opened.folder);
    }
  });

  it('that cannot read says so, and nothing about the recording', { timeout: 30_000 }, async () => {
    await rename(room.root, `${room.root}-away`);
    expect((await ask(front, request(opened.sessionId))).status).toBe(503);
    await rename(`${room.root}-away`, room.root);
    expect(await findings(opened.sessionId as SessionId)).toEqual([]);
  });
});

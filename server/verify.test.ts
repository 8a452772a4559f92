/**
 * Contract: `npm run verify` as the program it is: it reads the configuration as the installation does, asks the database
 * of that installation and no other, prints what it found and ends with the status of that. A database that is not there
 * makes a proof weaker and is told; it is no stack trace.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { anActor, aSession } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import { environmentForOthers } from './config/env.ts';
import type { SessionId } from './ids.ts';
import { keepPublicKey } from './recording/public-key.ts';
import { makeStore, makeSubject, type Opened, type TestStore } from './recording/testing/test-store.ts';

let database: TestDatabase;
let room: TestStore;
let dataDir: string;
let opened: Opened;
let manifestSha256: string;

beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  room = await makeStore();
  dataDir = join(room.root, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await keepPublicKey(dataDir, room.key.publicKeyPem);
  const { db } = database.connection;
  const { id } = await aSession(db, await anActor(db));
  opened = await room.open(makeSubject(id));
  opened.recorder.output(Buffer.from('evidence'));
  ({ manifestSha256 } = await opened.recorder.seal('closed'));
});
afterEach(() => room[Symbol.asyncDispose]());
afterAll(() => database?.close());

type Ended = { status: number; text: string; errors: string };

function verify(args: string[], settings: Record<string, string> = {}): Promise<Ended> {
  const env = { ...environmentForOthers(), DATA_DIR: dataDir, ...settings };
  return new Promise((resolve) => {
    const argv = ['--import', 'tsx', join(import.meta.dirname, 'verify.ts'), ...args];
    const child = execFile(process.execPath, argv, { env }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, text: stdout, errors: stderr });
    });
  });
}

/** What the gateway would have anchored while it recorded. */
async function anchor(head = opened.segments.at(-1)?.head ?? ''): Promise<void> {
  const sessionId = opened.sessionId as SessionId;
  const subject = { seq: 0, head: opened.openingHead };
  const sealed = { head, manifestSha256, reason: 'closed', bytes: 8 };
  await database.context().audit.append(
    { kind: 'recording.segment', sessionId, subject },
    ...opened.segments.map(({ seq, head: of }) => {
      return { kind: 'recording.segment', sessionId, subject: { seq, head: of } } as const;
    }),
    { kind: 'recording.sealed', sessionId, subject: sealed },
  );
}

const there = (url = database.appUrl) => ({ DATABASE_URL: url, DATABASE_OWNER_URL: url });
const inStore = () => [opened.sessionId, '--recordings', room.root];

it('compares a recording with the audit log of the installation that it is told', { timeout: 30_000 }, async () => {
  expect(await verify(inStore(), there())).toMatchObject({
    status: 0,
    text: expect.stringContaining('The audit log knows nothing of this recording.'),
    errors: '',
  });
  await anchor();
  const known = await verify(inStore(), there());
  expect(known).toMatchObject({ status: 0, errors: '' });
  expect(known.text).toMatch(/intact: 1 segment[\s\S]*Compared with the 2 heads that the audit log holds\.\n$/);
});

it('finds out a recording that is another than the audit log saw sealed', { timeout: 30_000 }, async () => {
  await anchor('f'.repeat(64));
  const forged = await verify(inStore(), there());
  expect(forged).toMatchObject({ status: 1, text: expect.stringContaining('NOT intact'), errors: '' });
});

it('says that there is no database, or none that runs, and proves what it can', { timeout: 30_000 }, async () => {
  expect(await verify(inStore())).toMatchObject({
    status: 0,
    text: expect.stringContaining(`Not compared with the audit log: ${dataDir} has no database.`),
    errors: '',
  });
  expect(await verify(inStore(), there('postgres://nobody:none@127.0.0.1:1/none'))).toMatchObject({
    status: 0,
    text: expect.stringContaining('Not compared with the audit log: Its database does not run.'),
    errors: '',
  });
});

it('checks the audit log itself', { timeout: 30_000 }, async () => {
  await anchor();
  expect(await verify(['audit'], there())).toMatchObject({
    status: 0,
    text: expect.stringContaining('intact'),
    errors: '',
  });
  expect(await verify(['audit'])).toMatchObject({ status: 2, errors: '' });
});

it('helps, and says in a sentence what it does not understand', { timeout: 30_000 }, async () => {
  expect(await verify(['--help'])).toMatchObject({ status: 0, text: expect.stringContaining('--public-key FILE') });
  expect(await verify(['audit', '--help'])).toMatchObject({ status: 0, text: expect.stringContaining('--file FILE') });
  expect(await verify([])).toMatchObject({ status: 2, text: expect.stringContaining('Please give one session id.') });
  const wrong = await verify(inStore(), { PORT: 'many' });
  expect(wrong).toMatchObject({ status: 2, text: expect.stringContaining('PORT'), errors: '' });
});

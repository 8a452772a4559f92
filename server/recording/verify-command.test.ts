/**
 * The contract of `npm run verify`: it finds the recording by its session id, trusts the key of the installation unless
 * told another, says in plain sentences what it found, and ends with 0 only for a recording that is proven intact.
 */
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/command-line.ts';
import { newId } from '../ids.ts';
import { keepPublicKey, publicKeyPath } from './public-key.ts';
import { makeKey, makeStore, type Opened, type TestStore } from './testing/test-store.ts';
import { type ReadEvidence, verifyCommand } from './verify-command.ts';

let room: TestStore;
let opened: Opened;
let dataDir: string;
const asked: string[][] = [];
const configFor = (argv: string[]) => {
  asked.push(argv);
  const isDemo = argv.includes('--demo');
  return { recordingsDir: isDemo ? room.root : join(room.root, 'plain'), dataDir, databaseUrl: null };
};
let readEvidence: ReadEvidence;
const run = (...argv: string[]) => verifyCommand(argv, configFor, readEvidence);

beforeEach(async () => {
  readEvidence = async () => ({ anchors: [], sealedHead: undefined });
  room = await makeStore();
  dataDir = join(room.root, 'data');
  await mkdir(dataDir);
  await keepPublicKey(dataDir, room.key.publicKeyPem);
  opened = await room.open();
  opened.recorder.output(Buffer.from('evidence'));
  await opened.recorder.seal('closed');
});
afterEach(() => room[Symbol.asyncDispose]());

describe('verify', () => {
  it('finds an intact recording, of the plain installation or the demo', async () => {
    const { status, text } = await run(opened.sessionId);
    expect(status).toBe(0);
    expect(text).toContain('The recording is intact: 1 segment, every byte as it was sealed.');
    expect(text).toContain('(ada@example.test) as root on web-1');
    expect(asked.slice(-2)).toEqual([[], ['--demo']]);
    expect(await run(opened.sessionId.toUpperCase(), '--demo')).toMatchObject({ status: 0 });
    expect(await run(opened.sessionId, '--data-dir', dataDir, '--recordings', room.root)).toMatchObject({ status: 0 });
  });

  it('lets nothing of a recording steer the terminal', async () => {
    const { text } = await run(opened.sessionId);
    expect(text.split('\n').join('')).not.toMatch(/\p{C}/u);
    expect(text).toContain('Łove\ufffdlace');
  });

  it('compares with the audit log where that can be asked, and says so', async () => {
    readEvidence = async () => ({
      anchors: [{ seq: 0, head: opened.openingHead }, ...opened.segments],
      sealedHead: opened.segments.at(-1)!.head,
    });
    const known = await run(opened.sessionId);
    expect(known).toMatchObject({
      status: 0,
      text: expect.stringMatching(/with the 2 heads that the audit log holds\.$/),
    });
    readEvidence = async () => ({ anchors: [{ seq: 0, head: opened.openingHead }], sealedHead: 'f'.repeat(64) });
    const forged = await run(opened.sessionId);
    expect(forged).toMatchObject({ status: 1, text: expect.stringContaining('the audit log saw sealed') });
    readEvidence = () => Promise.reject(new Error('No answer\u001b[2J.'));
    const alone = await run(opened.sessionId);
    expect(alone).toMatchObject({
      status: 0,
      text: expect.stringMatching(/Not compared with the audit log: No answer\ufffd/),
    });
  });

  it('names the first bad segment', async () => {
    await truncate(join(opened.folder, 'typescript'), 100);
    const { status, text } = await run(opened.sessionId);
    expect(status).toBe(1);
    expect(text).toMatch(/NOT intact\.\n {2}Segment 1: typescript ends at byte 100 instead of/);
  });

  it('does not call an unsealed recording intact', async () => {
    await rm(join(opened.folder, 'manifest.json'));
    const { status, text } = await run(opened.sessionId);
    expect(status).toBe(1);
    expect(text).toContain('intact up to segment 1, but no signed manifest');
  });

  it('trusts the key that it is told', async () => {
    const path = join(room.root, 'other.pem');
    await writeFile(path, makeKey().publicKeyPem);
    expect(await run(opened.sessionId, '--public-key', path)).toMatchObject({
      status: 1,
      text: expect.stringMatching(/not signed by this public key/),
    });
  });

  it('compares the heads of the audit log', async () => {
    const path = join(room.root, 'anchors');
    const [segment] = opened.segments;
    await writeFile(path, `${JSON.stringify(segment)}\n`);
    expect(await run(opened.sessionId, '--anchors', path)).toMatchObject({ status: 0 });
    await writeFile(path, `${JSON.stringify({ seq: 2, head: segment!.head })}\n\n`);
    expect(await run(opened.sessionId, '--anchors', path)).toMatchObject({
      status: 1,
      text: expect.stringMatching(/audit log knows segments up to 2/),
    });
  });

  it.each([
    [[], /Please give one session id/],
    [['nonsense'], /Please give one session id/],
    [['../../etc'], /Please give one session id/],
    [[newId(), newId()], /Please give one session id/],
    [['--frobnicate'], /frobnicate/],
    [[newId()], /There is no recording of session/],
  ])('ends with 2 for %j', async (argv, problem) => {
    expect(await run(...argv)).toMatchObject({ status: 2, text: expect.stringMatching(problem) });
  });

  it('ends with 2 when it has no key, no proper key, or no configuration', async () => {
    await rm(publicKeyPath(dataDir));
    expect(await run(opened.sessionId)).toMatchObject({ status: 2, text: expect.stringMatching(/no public key at/) });
    await writeFile(publicKeyPath(dataDir), 'nonsense');
    expect(await run(opened.sessionId)).toMatchObject({
      status: 2,
      text: expect.stringMatching(/could not be checked/),
    });
    const broken = () => {
      throw new ConfigError('PORT must be a number.');
    };
    expect(await verifyCommand([opened.sessionId], broken, readEvidence)).toEqual({
      status: 2,
      text: 'PORT must be a number.',
    });
  });

  it('helps', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, text: expect.stringMatching(/--public-key FILE/) });
  });
});

describe('the public key of an installation', () => {
  it('is kept when another one follows', async () => {
    const next = makeKey().publicKeyPem;
    await keepPublicKey(dataDir, room.key.publicKeyPem);
    await keepPublicKey(dataDir, next);
    expect(await readFile(publicKeyPath(dataDir), 'utf8')).toBe(next);
    const kept = (await readdir(dataDir)).filter((name) => name.startsWith('recording-public-key-'));
    expect(kept).toHaveLength(1);
    expect(await readFile(join(dataDir, kept[0]!), 'utf8')).toBe(room.key.publicKeyPem);
  });
});

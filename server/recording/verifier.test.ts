/**
 * The contract: recordings are verified in a process of their own, one after the other, which tells how far it is; it ends
 * as soon as nobody waits for it, and by itself when it cannot read. What is told of the recording then is nothing.
 */
import { once } from 'node:events';
import { readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { closeLink, formatChainLine, type OpeningLine } from './chain.ts';
import { makeStore, type Opened, type TestStore } from './testing/test-store.ts';
import { createVerifier, type Verifier } from './verifier.ts';

let room: TestStore;
let verifier: Verifier;
beforeEach(async () => {
  room = await makeStore();
  verifier = createVerifier(pathToFileURL(join(import.meta.dirname, 'verify-child.ts')), {
    execArgv: ['--import', 'tsx'],
  });
});
afterEach(() => room[Symbol.asyncDispose]());

async function sealed(): Promise<Opened> {
  const opened = await room.open();
  opened.recorder.output(Buffer.from('evidence'));
  await opened.recorder.seal('closed');
  return opened;
}

/** One whose only segment says that it is so large, of which the disk has nothing but holes. */
async function hollow(bytes: number): Promise<Opened> {
  const opened = await sealed();
  const [first = ''] = (await readFile(join(opened.folder, 'chain.ndjson'), 'utf8')).split('\n');
  const opening = JSON.parse(first) as OpeningLine;
  const range = { from: 0, to: 0, sha256: 'a'.repeat(64) };
  const parts = { typescript: { ...range, to: bytes }, 'typescript.timing': range, 'events.ndjson': range };
  const link = closeLink(opening.head, { seq: 1, at: new Date().toISOString(), parts });
  await writeFile(join(opened.folder, 'chain.ndjson'), formatChainLine(opening) + formatChainLine(link));
  await truncate(join(opened.folder, 'typescript'), bytes);
  return opened;
}

function verify({ path, sessionId }: Pick<Opened, 'path' | 'sessionId'>, leaving = new AbortController()) {
  const percents: number[] = [];
  const progress = new EventTarget();
  const onProgress = (percent: number) => {
    percents.push(percent);
    progress.dispatchEvent(new Event('progress'));
  };
  const order = { root: room.root, path, sessionId, publicKeyPem: room.key.publicKeyPem };
  const verdict = verifier.verify(order, { onProgress, signal: leaving.signal });
  return { verdict, percents, progress, leaving };
}

it('tells what it found, and how far it was', { timeout: 30_000 }, async () => {
  const { verdict, percents } = verify(await sealed());
  expect(await verdict).toEqual({ state: 'intact', intactSegments: 1, problems: [], segments: 1 });
  expect(percents.at(-1)).toBe(100);
});

it('verifies one recording at a time, and counts who waits', { timeout: 30_000 }, async () => {
  const both = [verify(await sealed()), verify(await sealed())];
  expect(verifier.waiting).toBe(2);
  expect(await Promise.all(both.map(({ verdict }) => verdict))).toMatchObject([
    { state: 'intact' },
    { state: 'intact' },
  ]);
  expect(verifier.waiting).toBe(0);
});

it('ends in the middle when nobody waits for it, and goes on with the next', { timeout: 60_000 }, async () => {
  const { verdict, percents, progress, leaving } = verify(await hollow(40_000_000_000));
  const next = verify(await sealed());
  const ended = expect(verdict).rejects.toThrow('left');
  await once(progress, 'progress');
  leaving.abort(new Error('left'));
  await ended;
  expect(percents.at(-1)).toBeLessThan(100);
  expect(await next.verdict).toMatchObject({ state: 'intact' });
});

it('does not begin what nobody waits for any more', { timeout: 30_000 }, async () => {
  const leaving = new AbortController();
  leaving.abort(new Error('left'));
  await expect(verify(await sealed(), leaving).verdict).rejects.toThrow('left');
});

it('says nothing of what cannot be read or nobody knows, and reads nothing through a link', {
  timeout: 30_000,
}, async () => {
  const sessionId = newId();
  await expect(verify({ path: `2026/01/02/${sessionId}`, sessionId }).verdict).rejects.toThrow(/ENOENT/);
  const known = { sealedHead: 'a', anchors: [{ seq: 0, head: 'a' }], deletion: { manifestSha256: 'b' } };
  const gone = { root: room.root, path: `2026/01/02/${sessionId}`, sessionId, publicKeyPem: room.key.publicKeyPem };
  const nobody = { onProgress: () => {}, signal: new AbortController().signal };
  await expect(verifier.verify({ ...gone, ...known }, nobody)).rejects.toThrow(/ENOENT/);
  expect(await verifier.verify({ ...gone, ...known, deletion: null }, nobody)).toMatchObject({ state: 'tampered' });
  await expect(verify({ path: '../../etc', sessionId }).verdict).rejects.toThrow(TypeError);
  const { path } = await sealed();
  const linked = `${path.slice(0, -36)}${sessionId}`;
  await symlink(join(room.root, path), join(room.root, linked));
  expect(await verify({ path: linked, sessionId }).verdict).toMatchObject({
    state: 'tampered',
    problems: [expect.stringContaining('through a link')],
  });
  const dying = join(room.root, 'dying.cjs');
  await writeFile(dying, 'process.exit(3)');
  const options = { onProgress: () => {}, signal: new AbortController().signal };
  const order = { root: room.root, path, sessionId, publicKeyPem: room.key.publicKeyPem };
  await expect(createVerifier(pathToFileURL(dying)).verify(order, options)).rejects.toThrow(/verifying process ended/);
});

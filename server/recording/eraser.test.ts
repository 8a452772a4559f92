/**
 * Contract: what is to be deleted is read in a process of its own, by whichever key signed it; when the gateway stops, the
 * reading ends at once and says so, which is no word about the recording; and the note is signed by the key of that moment.
 */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEraser } from './eraser.ts';
import { makeKey, makeStore, type Opened, type TestStore } from './testing/test-store.ts';
import { createVerifier } from './verifier.ts';
import { verifyRecording } from './verify.ts';

let room: TestStore;
beforeEach(async () => {
  room = await makeStore();
});
afterEach(() => room[Symbol.asyncDispose]());

const child = pathToFileURL(join(import.meta.dirname, 'verify-child.ts'));
const later = makeKey('later');
const eraser = () =>
  createEraser({
    root: room.root,
    key: () => later,
    publicKeys: async () => [later.publicKeyPem, room.key.publicKeyPem],
    verifier: createVerifier(child, { execArgv: ['--import', 'tsx'] }),
  });

async function sealed(): Promise<Opened & { head: string; manifestSha256: string }> {
  const opened = await room.open();
  opened.recorder.output(Buffer.from('evidence'));
  const { head, manifestSha256 } = await opened.recorder.seal('closed');
  return { ...opened, head, manifestSha256 };
}

it('proves and deletes what was sealed under an older key', { timeout: 60_000 }, async () => {
  const { path, sessionId, folder, head, manifestSha256 } = await sealed();
  const { prove, erase } = eraser();
  const known = { sealedHead: head, manifestSha256, isSealed: true };
  expect(await prove({ path, sessionId, ...known })).toEqual({ ok: true, head, manifestSha256 });
  const deletion = { sessionId, head, manifestSha256, deletedAt: '2026-11-20T10:00:00.000Z', reason: 'Over.' };
  await erase(path, deletion);
  const keys = { publicKeyPem: later.publicKeyPem, olderKeys: [room.key.publicKeyPem] };
  expect(await verifyRecording({ folder, sessionId, ...keys, ...known, deletion })).toMatchObject({ state: 'deleted' });
});

it('proves nothing of what was changed', { timeout: 60_000 }, async () => {
  const { path, sessionId, folder } = await sealed();
  await appendFile(join(folder, 'typescript'), 'more');
  expect(await eraser().prove({ path, sessionId })).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/bytes/),
  });
});

it('ends what it reads when it is stopped, and begins nothing afterwards', { timeout: 60_000 }, async () => {
  const { path, sessionId } = await sealed();
  const stopped = eraser();
  const proving = stopped.prove({ path, sessionId });
  stopped.stop();
  await expect(proving).rejects.toMatchObject({ name: 'AbortError' });
  await expect(stopped.prove({ path, sessionId })).rejects.toMatchObject({ name: 'AbortError' });
});

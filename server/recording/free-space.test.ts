/**
 * Contract, on a small file system of its own: below the space that is to be left free nothing new is begun and nothing is
 * left behind of the attempt; what is being recorded goes on to its seal; what is only kept so that a screen can be shown
 * again gives its space back as soon as it takes too much, alone or together with everything else.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assertSpace, freeSpaceOf } from './free-space.ts';
import type { RecordingStore } from './port.ts';
import { makeStore, makeSubject, size } from './testing/test-store.ts';
import { verifyRecording } from './verify.ts';

const MiB = 1024 * 1024;

async function openScratch(store: RecordingStore) {
  const failures: Error[] = [];
  const scratch = await store.openScratch(makeSubject(), size, { onFailure: (error) => void failures.push(error) });
  return { scratch, failures };
}

describe.runIf(process.getuid?.() === 0)('a small disk', () => {
  let mount = '';
  let least = 8 * MiB;
  const leastFreeBytes = async () => least;
  const filler = () => join(mount, 'filler');

  beforeEach(async () => {
    least = 8 * MiB;
    mount = await mkdtemp(join(tmpdir(), 'sallyport-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', mount]);
  });
  afterEach(async () => {
    // The last descriptors of a recorder that failed may close a moment later.
    await vi.waitFor(() => execFileSync('umount', [mount], { stdio: 'ignore' }));
    await rm(mount, { recursive: true });
  });

  it('is told of as it is', async () => {
    const before = await freeSpaceOf(mount);
    expect(before.totalBytes).toBe(64 * MiB);
    await writeFile(filler(), Buffer.alloc(10 * MiB));
    expect((await freeSpaceOf(mount)).freeBytes).toBe(before.freeBytes - 10 * MiB);
    await expect(assertSpace(mount, 64 * MiB)).rejects.toMatchObject({ code: 'LOW_SPACE' });
    await expect(assertSpace(join(mount, 'not-there'), 0)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes no new recording below the floor, keeps the running one, and takes new ones when there is room', async () => {
    await using room = await makeStore({ root: mount, leastFreeBytes });
    const running = await room.open();
    await writeFile(filler(), Buffer.alloc(58 * MiB));
    await expect(room.open()).rejects.toMatchObject({
      code: 'LOW_SPACE',
      message: expect.stringMatching(/^The disk .* MiB free\.$/),
    });
    await expect(openScratch(room.store)).rejects.toMatchObject({ code: 'LOW_SPACE' });
    const day = running.path.slice(0, 10);
    expect(await readdir(join(mount, day))).toEqual([running.sessionId]);
    expect((await readdir(mount)).filter((name) => name.startsWith('.scratch'))).toEqual([]);

    running.recorder.output(Buffer.alloc(MiB, 'x'));
    await running.recorder.seal('closed');
    expect(running.failures).toEqual([]);
    const { folder, sessionId } = running;
    expect(await verifyRecording({ folder, sessionId, publicKeyPem: room.key.publicKeyPem })).toMatchObject({
      state: 'intact',
    });
    await rm(filler());
    await (await room.open()).recorder.seal('closed');
  });

  it('follows the floor as it is now', async () => {
    await using room = await makeStore({ root: mount, leastFreeBytes });
    least = 65 * MiB;
    await expect(room.open()).rejects.toMatchObject({ code: 'LOW_SPACE' });
    least = 0;
    await (await room.open()).recorder.seal('closed');
  });

  it('gets back what was kept of a session without a recording before it is full, and recordings go on', async () => {
    await using room = await makeStore({ root: mount, leastFreeBytes });
    const recorded = await room.open();
    const { scratch, failures } = await openScratch(room.store);
    for (let written = 0; written < 128 && failures.length === 0; written += 1) {
      scratch.output(Buffer.alloc(MiB, 'y'));
      await scratch.flush().catch(() => undefined);
    }
    expect(failures).toMatchObject([{ code: 'LOW_SPACE' }]);
    await vi.waitFor(async () => expect((await freeSpaceOf(mount)).freeBytes).toBeGreaterThan(60 * MiB));
    recorded.recorder.output(Buffer.from('goes on'));
    await recorded.recorder.seal('closed');
    expect(recorded.failures).toEqual([]);
  });
});

describe('what is kept of a session without a recording', () => {
  it('has an end, whatever the disk has, and says so once', async () => {
    await using room = await makeStore({ maxScratchBytes: MiB, leastFreeBytes: async () => 0 });
    const { scratch, failures } = await openScratch(room.store);
    scratch.output(Buffer.alloc(MiB, 'x'));
    await scratch.flush();
    expect(failures).toEqual([]);
    for (let more = 0; more < 3; more += 1) scratch.output(Buffer.from('y'));
    expect(failures).toMatchObject([{ message: 'More was shown in this session than is kept of one.' }]);
    await expect(scratch.flush()).rejects.toThrow('More was shown');
    await scratch.discard();
  });

  it('is no bound for a recording', async () => {
    await using room = await makeStore({ maxScratchBytes: 10, leastFreeBytes: async () => 0 });
    const { recorder, failures } = await room.open();
    recorder.output(Buffer.alloc(MiB, 'x'));
    await recorder.seal('closed');
    expect(failures).toEqual([]);
  });
});

/**
 * A lock file names the living process that holds it: one holder at a time, also when many want it at once; a holder
 * that died, or whose id belongs to another process now, holds nothing; and nobody releases what is not theirs.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { LockHeld, startOf, takeProcessLock } from './process-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'sp-lock-'));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;
const freshPath = () => join(dir, `lock-${++count}`);

it('is held until released, and then free', async () => {
  const path = freshPath();
  const lock = await takeProcessLock(path);
  await expect(takeProcessLock(path)).rejects.toThrow(LockHeld);
  await expect(takeProcessLock(path)).rejects.toMatchObject({ holder: { pid: process.pid } });
  await lock.release();
  await (await takeProcessLock(path)).release();
});

it('is taken over from a process that died', async () => {
  const path = freshPath();
  const child = spawn('sleep', ['60']);
  const startedAt = await startOf(child.pid as number);
  writeFileSync(path, JSON.stringify({ pid: child.pid, startedAt }));
  await expect(takeProcessLock(path)).rejects.toThrow(`process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await takeProcessLock(path)).release();
});

it('is taken over when the id belongs to a process that started at another time', async () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'another boot:1' }));
  await (await takeProcessLock(path)).release();
});

it.each(['', '{', '[]', '{"pid": "1"}', '{"pid": -1, "startedAt": ""}', '\0\0'])(
  'is taken over when it says %j',
  async (text) => {
    const path = freshPath();
    writeFileSync(path, text);
    await (await takeProcessLock(path)).release();
  },
);

it('goes to exactly one of many who find it stale', async () => {
  for (let round = 0; round < 20; round += 1) {
    const path = freshPath();
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'gone' }));
    const answers = await Promise.allSettled(Array.from({ length: 25 }, () => takeProcessLock(path)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});

it('is taken over although somebody died while taking it over', async () => {
  const path = freshPath();
  const gone = JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'gone' });
  writeFileSync(path, gone);
  writeFileSync(`${path}.${createHash('sha256').update(gone).digest('hex').slice(0, 16)}`, gone);
  await (await takeProcessLock(path)).release();
});

it('leaves no draft behind, whoever got it', async () => {
  expect(readdirSync(dir).filter((name) => !/^lock-\d+$/.test(name))).toEqual([]);
});

it('is not released by who lost it', async () => {
  const path = freshPath();
  const first = await takeProcessLock(path);
  rmSync(path);
  const second = await takeProcessLock(path);
  await first.release();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
  await second.release();
});

it('knows no process that does not exist', async () => {
  expect(await startOf(process.pid)).toBe(await startOf(process.pid));
  expect(await startOf(2 ** 22 + 1)).toBeUndefined();
});

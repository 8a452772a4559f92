// One at a time per clone installs and builds; whoever comes second waits and then finds it done.
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const path = '.build/prepare.lock';

/** Runs `work` while no other process of this clone does. Takes over from one that died. */
export async function alone(work) {
  mkdirSync('.build', { recursive: true });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    for (let waiting = false; !place(draft); waiting = true) {
      if (!waiting) console.log('Waiting for another run in this folder to finish preparing …');
      await delay(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const letGo = () => read() === mine && rmSync(path, { force: true });
  process.once('exit', letGo);
  try {
    return await work();
  } finally {
    letGo();
    process.off('exit', letGo);
  }
}

/** Takes the lock file at `at`, also from a process that is gone. Answers whether it is ours now. */
function place(draft, at = path) {
  if (made(draft, at)) return true;
  const judged = read(at);
  const [pid, start] = (judged ?? '').split(' ');
  if (judged === undefined || startOf(pid) === start) return false;
  // Only who holds the lock of that very text may replace it, and only while it is still there: somebody who was slow
  // would otherwise replace the lock of whoever came first.
  const turn = `${at}.${createHash('sha256').update(judged).digest('hex').slice(0, 16)}`;
  if (!place(draft, turn)) return false;
  try {
    if (read(at) !== judged) return false;
    linkSync(draft, `${draft}.copy`);
    renameSync(`${draft}.copy`, at);
    return true;
  } finally {
    rmSync(turn, { force: true });
  }
}

/** `link` is the atomic step: it fails when the file is there already. */
function made(draft, at) {
  try {
    linkSync(draft, at);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function read(at = path) {
  try {
    return readFileSync(at, 'utf8');
  } catch {
    return undefined;
  }
}

/** Process ids are used again; with the time it started an id names one process. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    if (process.platform === 'linux') return 'gone';
  }
  try {
    process.kill(Number(pid), 0);
    return 'running';
  } catch {
    return 'gone';
  }
}

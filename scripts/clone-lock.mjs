// One at a time per clone installs and builds; whoever comes second waits and then finds it done.
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

function place(draft) {
  try {
    linkSync(draft, path); // Fails when it is there already.
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = read();
  const [pid, start] = (holder ?? '').split(' ');
  if (holder === undefined || startOf(pid) === start) return false;
  // Moved aside first: of two who find it stale, one gets to move it.
  try {
    renameSync(path, `${draft}.stale`);
    rmSync(`${draft}.stale`);
  } catch {
    // The other one did.
  }
  return false;
}

function read() {
  try {
    return readFileSync(path, 'utf8');
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

import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { ScreenFollower, type ScreenSnapshot } from './screen-follower.ts';
import { drawScreen } from './screen-picture.ts';
import type { ScreenAnswer, ScreenQuestion } from './screens.ts';

/**
 * The thread in which screens are made, so that a session's echo never waits for one. Screens are kept warm and go on
 * from where they were; of one that was dropped its last snapshot is kept, which is smaller.
 */
const mostWarm = 24;
const mostColdBytes = 8 * 1024 * 1024;
const warm = new Map<string, ScreenFollower>();
const cold = new Map<string, ScreenSnapshot>();

// Under a flood the screen takes as long as the flood. Where threads have priorities of their own, which is on Linux, it
// takes that from those who look before it takes it from the one who works.
if (process.platform === 'linux' && parentPort) setPriority(10);

/** One question after the other: two about the same screen must not read it at once. */
let turn: Promise<void> = Promise.resolve();

parentPort?.on('message', (question: ScreenQuestion) => {
  turn = turn.then(() => answer(question));
});

async function answer(question: ScreenQuestion): Promise<void> {
  const reply = (message: ScreenAnswer) => parentPort?.postMessage(message);
  if (question.kind === 'forget') return forget(question.key);
  try {
    const follower = followerOf(question);
    await follower.follow(question.end);
    if (question.kind === 'picture') reply({ id: question.id, picture: drawScreen(follower.model) });
    else if (question.kind === 'snapshot') reply({ id: question.id, snapshot: follower.snapshot() });
    else reply({ id: question.id });
  } catch (error) {
    forget(question.key); // The next question begins again.
    reply({ id: question.id, error: error instanceof Error ? error.message : String(error) });
  }
}

function followerOf({ key, source }: Exclude<ScreenQuestion, { kind: 'forget' }>): ScreenFollower {
  const found = warm.get(key) ?? new ScreenFollower(source, cold.get(key));
  cold.delete(key);
  warm.delete(key);
  warm.set(key, found); // The last asked for is the last to be dropped.
  for (const [oldest, follower] of warm) {
    if (warm.size <= mostWarm) break;
    warm.delete(oldest);
    keepCold(oldest, follower);
    follower.dispose();
  }
  return found;
}

// A screen that cannot be made, or is too large to keep, is somebody's own and must not be in the way of others.
function keepCold(key: string, follower: ScreenFollower): void {
  try {
    const snapshot = follower.snapshot();
    if (snapshot.restore.length <= mostColdBytes) cold.set(key, snapshot);
  } catch {
    cold.delete(key);
  }
}

function forget(key: string): void {
  warm.get(key)?.dispose();
  warm.delete(key);
  cold.delete(key);
}

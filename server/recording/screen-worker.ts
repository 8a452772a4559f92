import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { drawScreen } from './screen-picture.ts';
import { ScreenTurns, type Work } from './screen-turns.ts';
import { progressAt, type ScreenAnswer, type ScreenOrder, type ScreenQuestion } from './screens.ts';
import { WarmScreens } from './warm-screens.ts';

// Under a flood the screen takes as long as the flood. Where threads have priorities of their own, which is on Linux, it
// takes that from those who look before it takes it from the one who works.
if (process.platform === 'linux' && parentPort) setPriority(10);

/**
 * The thread in which screens are made, so that a session's echo never waits for one. Whoever starts it can see at any
 * moment whose screen is being made: a host may write what takes a terminal for ever.
 */
const progress = new Int32Array(workerData as SharedArrayBuffer);
const screens = new WarmScreens();
const turns = new ScreenTurns((id) => {
  Atomics.store(progress, progressAt.question, id);
  Atomics.add(progress, progressAt.steps, 1);
});

parentPort?.on('message', (question: ScreenQuestion) => {
  if (question.kind === 'cancel') turns.drop((id) => id === question.id);
  else if (question.kind === 'forget') {
    turns.drop((_, key) => key === question.key);
    screens.forget(question.key);
  } else void answer(question);
});

type Order = Extract<ScreenQuestion, ScreenOrder>;

async function answer(order: Order): Promise<void> {
  const { id, key } = order;
  const reply = (message: ScreenAnswer) => parentPort?.postMessage(message);
  try {
    reply(await turns.add(key, id, make(order)));
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function* make({ id, kind, key, source, end }: Order): Work<ScreenAnswer> {
  const follower = screens.take(key, source);
  try {
    yield* follower.reading(end);
    screens.makeRoom((other) => other === key || turns.isBusy(other));
    if (kind === 'picture') return { id, picture: drawScreen(follower.model) };
    if (kind === 'snapshot') return { id, snapshot: follower.snapshot() };
    return { id };
  } catch (error) {
    screens.forget(key); // The next question begins again.
    throw error;
  }
}

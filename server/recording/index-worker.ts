import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { indexRecording } from './index-recording.ts';
import type { IndexAnswer, IndexQuestion } from './indexer.ts';

/**
 * The thread in which recordings are read to their ends. Where threads have priorities of their own, which is on Linux,
 * it only takes the time that sessions leave.
 */
if (process.platform === 'linux' && parentPort) setPriority(10);

parentPort?.on('message', async ({ id, order }: IndexQuestion) => {
  const answer: IndexAnswer = await indexRecording(order).then(
    (indexed) => ({ id, indexed }),
    (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
  );
  parentPort?.postMessage(answer);
});

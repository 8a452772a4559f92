import { Stack } from '../e2e/stack.ts';
import { createLog } from '../server/log.ts';
import { createUnwind, type Unwind } from '../server/supervise/unwind.ts';
import { awsWays, startSink } from './aws/installation.ts';
import { openPeak } from './aws/peak.ts';

const mostMb = 64;

/**
 * `npm run soak -- [GIB] [MINUTES]`: an object of so many GiB (5) in each direction, and an upload that takes so long (6),
 * all at once and one after the other. Fails when one of them does, or when the proxy's memory grows with them.
 */
async function main([gib = '5', minutes = '6']: readonly string[], unwind: Unwind): Promise<number> {
  const bytes = Number(gib) * 1024 ** 3;
  const slowMs = Number(minutes) * 60_000;
  const sink = await startSink(unwind);
  const stack = await Stack.start({ env: sink.env });
  unwind.later('program', () => stack.stop());
  const { ours } = await awsWays(stack, sink.port, unwind);
  const { caller, pid } = ours;
  await caller.small();
  const peak = await openPeak(pid);
  const slow = timed(`an upload of ${minutes} minutes`, () => caller.slowPut(slowMs));
  await timed(`${gib} GiB up`, () => caller.put(bytes));
  await timed(`${gib} GiB down`, () => caller.get(bytes));
  await timed(`${gib} GiB up and down at once`, () => Promise.all([caller.put(bytes), caller.get(bytes)]));
  await slow;
  const grownMb = await peak.grownMb();
  console.log(`memory grew by ${grownMb.toFixed(1)} MB at most; the aim is under ${mostMb} MB`);
  return grownMb < mostMb ? 0 : 1;
}

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work();
  console.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

const unwind = createUnwind(createLog('soak', 'warn'));
const stopped = new Promise<number>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(130));
});
const failed = (error: unknown) => {
  console.error(error);
  return 1;
};
Promise.race([main(process.argv.slice(2), unwind).catch(failed), stopped])
  .finally(() => unwind.all())
  .then((status) => process.exit(status), failed);

import { readFile, writeFile } from 'node:fs/promises';
import { type Caller, chunkBytes } from '../aws/caller.ts';
import type { AwsWays } from '../aws/installation.ts';
import { interleave, median } from '../rounds.ts';
import type { Figure } from './figure.ts';

const peerName = 'bare relay';
const gib = 1024 ** 3;
const callersAtOnce = 16;
const burstMs = 2_000;
const chunkCount = 4096;

type Measurement = (caller: Caller) => Promise<number>;

/** The median of each way, taken in turn; the last one straight to the sink. */
async function inTurn({ ours, relay, direct }: AwsWays, rounds: number, budgetMs: number, measure: Measurement) {
  const ways = [ours.caller, relay.caller, direct];
  for (const caller of ways) await measure(caller);
  const samples = await interleave(
    { rounds, budgetMs },
    ways.map((caller) => () => measure(caller)),
  );
  const [own = 0, peer = 0, straight = 0] = samples.map(median);
  return { ours: own, peer, straight };
}

async function msOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** One small call after the other on one connection. */
export const awsSmall: Figure = {
  name: 'aws.small_p50',
  unit: 'ms',
  peerName,
  aim: { words: 'at most 0.5 ms more', isMet: ({ ours, peer }) => ours - peer <= 0.5 },
  measure: async ({ aws }) => {
    const ways = await aws();
    for (let call = 0; call < 300; call += 1) await Promise.all([ways.ours.caller.small(), ways.relay.caller.small()]);
    const { straight, ...measured } = await inTurn(ways, 1_000, 15_000, (caller) => msOf(() => caller.small()));
    return { ...measured, notes: [`straight to the sink: ${straight.toFixed(2)} ms`] };
  },
};

/** Small calls on sixteen connections at once. */
export const awsRate: Figure = {
  name: 'aws.small_rps',
  unit: '/s',
  peerName,
  aim: { words: 'told, not held', isMet: () => true },
  measure: async ({ aws }) => {
    const { straight, ...measured } = await inTurn(await aws(), 5, 40_000, burst);
    return { ...measured, notes: [`straight to the sink: ${straight.toFixed(0)} /s`] };
  },
};

async function burst(caller: Caller): Promise<number> {
  const until = performance.now() + burstMs;
  let calls = 0;
  const one = async () => {
    while (performance.now() < until) {
      await caller.small();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callersAtOnce }, one));
  return (calls * 1000) / burstMs;
}

const bulk = (name: string, transfer: (caller: Caller) => Promise<void>): Figure => ({
  name,
  unit: 'MB/s',
  peerName,
  aim: { words: 'at least 0.85 of the relay', isMet: ({ ours, peer }) => ours / peer >= 0.85 },
  measure: async ({ aws }) => {
    const rate: Measurement = async (caller) => gib / 1e3 / (await msOf(() => transfer(caller)));
    const { straight, ...measured } = await inTurn(await aws(), 5, 40_000, rate);
    return { ...measured, notes: [`straight to the sink: ${straight.toFixed(0)} MB/s`] };
  },
});

export const awsPut = bulk('aws.put_1g', (caller) => caller.put(gib));
export const awsGet = bulk('aws.get_1g', (caller) => caller.get(gib));

/** By how much 1 GiB in each direction raises what a process holds at most. */
export const awsMemory: Figure = {
  name: 'aws.peak_memory',
  unit: 'MB',
  peerName,
  aim: { words: 'under 64 MB', isMet: ({ ours }) => ours < 64 },
  measure: async ({ aws }) => {
    const { ours, relay } = await aws();
    return { ours: await growthOf(ours), peer: await growthOf(relay) };
  },
};

async function growthOf({ caller, pid }: AwsWays['ours']): Promise<number> {
  const before = await residentKb(pid, 'VmRSS');
  // The highest mark is counted from here.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  await caller.put(gib);
  await caller.get(gib);
  return ((await residentKb(pid, 'VmHWM')) - before) / 1024;
}

async function residentKb(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const [, kb] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb);
}

/** Chunks that are verified and signed again, against the same bytes passed through. */
export const awsChunks: Figure = {
  name: 'aws.signed_chunk',
  unit: 'MB/s',
  peerName: 'pass-through',
  aim: { words: 'at least 0.6 of pass-through', isMet: ({ ours, peer }) => ours / peer >= 0.6 },
  measure: async ({ aws }) => {
    const { caller } = (await aws()).ours;
    const rate = (isSigned: boolean) => async () =>
      (chunkCount * chunkBytes) / 1e3 / (await caller.chunks(chunkCount, isSigned));
    const [signed = [], passed = []] = await interleave({ rounds: 7, budgetMs: 30_000 }, [rate(true), rate(false)]);
    return { ours: median(signed), peer: median(passed) };
  },
};

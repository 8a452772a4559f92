import { setTimeout as delay } from 'node:timers/promises';
import { interleave, median, percentile } from '../rounds.ts';
import type { Subject } from '../subjects/subject.ts';
import { Terminal } from '../terminal.ts';
import type { Bench, Figure } from './figure.ts';

const withinOneMs: Figure['aim'] = { words: 'within 1 ms of the peer', isMet: ({ ours, peer }) => ours - peer <= 1 };

const keysPerBlock = 100;

/** How long a key takes there and back while nothing else happens. */
export const echo: Figure = {
  name: 'terminal.echo_p95',
  unit: 'ms',
  aim: withinOneMs,
  measure: async ({ ours, peer }) => {
    const terminals = [await echoing(ours), await echoing(peer)];
    try {
      // Key by key in turn, so that both see the same machine.
      const key = (terminal: Terminal) => (round: number) => echoOnce(terminal, round);
      const samples = await interleave({ rounds: 6 * keysPerBlock, budgetMs: 25_000 }, terminals.map(key));
      return { ours: p95OfBlocks(samples[0]!), peer: p95OfBlocks(samples[1]!) };
    } finally {
      await Promise.all(terminals.map((terminal) => terminal.close()));
    }
  },
};

/** The same while another session of the same subject is flooded and the portal renders pages. */
export const echoInFlood: Figure = {
  name: 'terminal.echo_p95_flood',
  unit: 'ms',
  aim: withinOneMs,
  measure: async (bench) => {
    const block = (subject: Subject) => () => p95InFlood(bench, subject);
    const samples = await interleave({ rounds: 6, budgetMs: 45_000 }, [block(bench.ours), block(bench.peer)]);
    return { ours: median(samples[0]!), peer: median(samples[1]!) };
  },
};

async function p95InFlood({ text, startPageLoad }: Bench, subject: Subject): Promise<number> {
  const flooded = await Terminal.open(subject, { screen: false });
  const terminal = await echoing(subject);
  const pages = startPageLoad();
  try {
    flooded.type(`while :; do cat ${text.path}; done\r`);
    await delay(300);
    const samples: number[] = [];
    for (let count = 0; count < keysPerBlock; count += 1) samples.push(await echoOnce(terminal, count));
    return percentile(samples, 95);
  } finally {
    await pages.stop();
    await Promise.all([flooded.close(), terminal.close()]);
  }
}

/** The median of the blocks, so that one bad second of this machine does not decide. */
function p95OfBlocks(samples: readonly number[]): number {
  const blocks: number[] = [];
  for (let at = 0; at < samples.length; at += keysPerBlock) {
    blocks.push(percentile(samples.slice(at, at + keysPerBlock), 95));
  }
  return median(blocks);
}

async function echoing(subject: Subject): Promise<Terminal> {
  const terminal = await Terminal.open(subject);
  await terminal.startEcho();
  for (let count = 0; count < 20; count += 1) await echoOnce(terminal, count);
  return terminal;
}

/** Pauses of a length that changes, so that no timer of anybody's keeps step with the keys. */
async function echoOnce(terminal: Terminal, count: number): Promise<number> {
  await delay(4 + (count % 5));
  return terminal.echo(String.fromCharCode(97 + (count % 26)));
}

import { interleave, median } from '../rounds.ts';
import { Terminal } from '../terminal.ts';
import type { Pace } from '../viewers.ts';
import type { Bench, Figure } from './figure.ts';

/** Those who look meanwhile, in each case. */
const cases: readonly { words: string; paces: readonly Pace[] }[] = [
  { words: 'nobody', paces: [] },
  { words: 'one', paces: ['fast'] },
  { words: 'twenty', paces: Array.from({ length: 20 }, () => 'fast' as const) },
  { words: 'one that stopped reading', paces: ['stalled'] },
  { words: 'one that reads 10 KB/s', paces: ['slow'] },
];

/** What it costs the one who works that others look: the case that costs most, beside nobody looking. */
export const ownerWithViewers: Figure = {
  name: 'terminal.owner_with_viewers',
  unit: 'MB/s',
  aim: { words: 'at least 0.9 of that', isMet: ({ ours, peer }) => ours >= 0.9 * peer },
  peerName: 'ours with nobody looking',
  measure: async (bench) => {
    const rates = await ratesOf(bench);
    const [alone = 0, ...watched] = rates;
    const notes = cases.map(({ words }, index) => {
      const rate = rates[index] ?? 0;
      return `Looking: ${words}: ${rate.toFixed(1)} MB/s, ${(rate / alone).toFixed(2)} of nobody`;
    });
    return { ours: Math.min(...watched), peer: alone, notes };
  },
};

async function ratesOf({ ours, text, lookAt }: Bench): Promise<number[]> {
  const owner = await Terminal.open(ours);
  const seconds = (paces: readonly Pace[]) => async () => {
    const look = paces.length > 0 ? await lookAt(owner.sessionId, paces) : undefined;
    try {
      const startedAt = performance.now();
      await owner.run(`cat ${text.path}`);
      return (performance.now() - startedAt) / 1000;
    } finally {
      await look?.leave();
    }
  };
  try {
    await seconds([])(); // Warms up; not counted.
    const measurements = cases.map(({ paces }) => seconds(paces));
    const samples = await interleave({ rounds: 5, budgetMs: 60_000 }, measurements);
    return samples.map((of) => text.megabytes / median(of));
  } finally {
    await owner.close();
  }
}

export type RoundLimits = { rounds: number; budgetMs: number };

const fewestRounds = 3;

/**
 * Runs all measurements in turn, ABAB, so that whatever else this machine does hits all of them alike; after each round
 * the order is reversed. Answers the samples of each. Stops early, after three rounds, when the time is used up.
 */
export async function interleave<T>(
  { rounds, budgetMs }: RoundLimits,
  measurements: readonly ((round: number) => Promise<T>)[],
): Promise<T[][]> {
  const samples: T[][] = measurements.map(() => []);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    if (round >= fewestRounds && performance.now() - startedAt > budgetMs) break;
    const order = [...measurements.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) samples[index]?.push(await measurements[index]!(round));
  }
  return samples;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The nearest rank; `values` must not be empty. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('There is no percentile of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

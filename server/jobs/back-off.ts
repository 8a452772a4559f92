const firstMs = 2_000;
const mostMs = 30 * 60_000;

/** How long to wait after this many attempts: doubling, at most half an hour, and each time somewhere in its upper half. */
export function backOffMs(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(attempts - 1, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}

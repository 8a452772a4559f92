const firstMs = 250;
const longestMs = 5_000;

/** How long to wait before a try to come back, counted from 0: twice as long each time, up to 5 s. */
export function retryDelayMs(tries: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(tries, 10));
}

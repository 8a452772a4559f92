import { isIPv6 } from 'node:net';

export type RateLimit = {
  /** Counts one more from this address; answers how many seconds to wait when that is too many. */
  take(address: string): number | undefined;
};

// A flood from many addresses must not fill our memory with its names.
const mostAddresses = 10_000;

/** At most `most` within `windowMs` from one address, or from one /64 of IPv6. */
export function createRateLimit(most: number, windowMs: number, nowMs = () => performance.now()): RateLimit {
  const windows = new Map<string, { endsMs: number; count: number }>();
  return {
    take(address) {
      const now = nowMs();
      const key = isIPv6(address) ? networkOf(address) : address;
      const found = windows.get(key);
      const open = found && found.endsMs > now ? found : { endsMs: now + windowMs, count: 0 };
      open.count += 1;
      windows.delete(key);
      windows.set(key, open);
      if (windows.size > mostAddresses) windows.delete(windows.keys().next().value ?? '');
      return open.count > most ? Math.max(1, Math.ceil((open.endsMs - now) / 1000)) : undefined;
    },
  };
}

function networkOf(address: string): string {
  const hex = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = hex.split('::');
  const front = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - front.length - tail.split(':').filter(Boolean).length;
  return [...front, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')].slice(0, 4).join(':');
}

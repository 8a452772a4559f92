// Contract: so many from one address within a window, then a wait that is told to the second; the next window begins
// afresh. All addresses of one /64 of IPv6 are one, however they are written. A flood of addresses fills no memory without
// end, and forgets the quiet ones first.
import { describe, expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

function limitAt(most: number, windowMs = 60_000) {
  const clock = { nowMs: 1_000 };
  const limit = createRateLimit(most, windowMs, () => clock.nowMs);
  const takes = (address: string, times: number) => Array.from({ length: times }, () => limit.take(address));
  return { clock, limit, takes };
}

describe('one address', () => {
  it('has so many in a window, and is told how long to wait for the next', () => {
    const { clock, limit, takes } = limitAt(3);
    expect(takes('192.0.2.1', 4)).toEqual([undefined, undefined, undefined, 60]);
    clock.nowMs += 59_001;
    expect(limit.take('192.0.2.1')).toBe(1);
    clock.nowMs += 998;
    expect(limit.take('192.0.2.1')).toBe(1);
    clock.nowMs += 1;
    expect(takes('192.0.2.1', 4)).toEqual([undefined, undefined, undefined, 60]);
  });

  it('does not lengthen its wait by asking', () => {
    const { clock, limit, takes } = limitAt(1);
    takes('192.0.2.1', 500);
    clock.nowMs += 60_000;
    expect(limit.take('192.0.2.1')).toBeUndefined();
  });

  it('takes nothing from another', () => {
    const { limit, takes } = limitAt(2);
    takes('192.0.2.1', 10);
    expect(limit.take('192.0.2.2')).toBeUndefined();
  });
});

describe('addresses of IPv6', () => {
  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8:1:2::1', '2001:0DB8:0001:0002:0:0:0:9'],
    ['fe80::1', 'fe80::2%eth0'],
    ['::1', '::2'],
    ['2001:db8::', '2001:db8:0:0:1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ])('%s and %s are of one network', (one, other) => {
    const { limit } = limitAt(1);
    expect(limit.take(one)).toBeUndefined();
    expect(limit.take(other)).toBe(60);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['1::', '::1'],
    ['2001:db8:1:2::1', '192.0.2.1'],
  ])('%s and %s are not', (one, other) => {
    const { limit } = limitAt(1);
    expect(limit.take(one)).toBeUndefined();
    expect(limit.take(other)).toBeUndefined();
  });
});

it('forgets the quietest of more than ten thousand addresses, and keeps the one that goes on', () => {
  const { limit } = limitAt(2);
  const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  limit.take('192.0.2.1');
  limit.take('192.0.2.1');
  limit.take('192.0.2.2');
  limit.take('192.0.2.2');
  for (let n = 0; n < 12_000; n += 1) {
    limit.take(address(n));
    if (n % 1_000 === 0) expect(limit.take('192.0.2.1')).toBe(60);
  }
  expect(limit.take('192.0.2.1')).toBe(60);
  expect(limit.take('192.0.2.2')).toBeUndefined();
});

it('measures by the monotonic clock unless told otherwise', () => {
  const limit = createRateLimit(1, 60_000);
  expect(limit.take('192.0.2.1')).toBeUndefined();
  expect(limit.take('192.0.2.1')).toBe(60);
});

// Contract: never more than `width` inside, first come first served, and leaving twice lets only one in.
import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

describe('a turnstile', () => {
  it('lets `width` through and the others in their order', async () => {
    const turnstile = createTurnstile(2);
    const entered: number[] = [];
    const leave: (() => void)[] = [];
    const all = [0, 1, 2, 3].map(async (index) => {
      leave[index] = await turnstile.enter();
      entered.push(index);
    });
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    leave[1]?.();
    leave[1]?.();
    await all[2];
    expect(entered).toEqual([0, 1, 2]);
    leave[0]?.();
    await all[3];
    expect(entered).toEqual([0, 1, 2, 3]);
  });
});

// Contract: the first try comes soon, later ones further apart, and none waits longer than somebody would.
import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-times.ts';

test('tries come soon and then further apart', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(retryDelayMs)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
});

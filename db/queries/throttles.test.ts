// Contract: the free attempts of a key never wait, in whatever order their clocks were read; the one after them makes the
// next wait, and a blocked attempt changes nothing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../testing/database.ts';
import { forgetAttempts, takeAttempt } from './throttles.ts';

const backOff = { free: 3, capMs: 60_000, forgetMs: 3_600_000 };
const start = Date.UTC(2026, 0, 1);
const at = (ms: number) => new Date(start + ms);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const take = (key: string, ms: number) => takeAttempt(database.connection.db, key, at(ms), backOff);

it('lets the free attempts go on, also one whose clock was read before that of the row', async () => {
  expect(await take('early', 5)).toBeUndefined();
  expect(await take('early', 0)).toBeUndefined();
  expect(await take('early', 3)).toBeUndefined();
});

it('makes the next wait after the free ones, twice as long each time, and counts no blocked one', async () => {
  for (const ms of [0, 1, 2, 3]) expect(await take('many', ms)).toBeUndefined();
  expect(await take('many', 4)).toEqual(at(1_003));
  expect(await take('many', 1_002)).toEqual(at(1_003));
  expect(await take('many', 1_003)).toBeUndefined();
  expect(await take('many', 1_004)).toEqual(at(3_003));
});

it('begins anew when the attempts are forgotten', async () => {
  for (const ms of [0, 1, 2, 3]) await take('forgotten', ms);
  expect(await take('forgotten', 4)).toBeDefined();
  await forgetAttempts(database.connection.db, 'forgotten');
  expect(await take('forgotten', 5)).toBeUndefined();
});

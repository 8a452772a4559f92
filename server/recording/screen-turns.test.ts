/**
 * Contract: everybody's work goes on, a step of each in turn, however long one of them is; what is about the same is done
 * in order; what is given up says so, and what it did stays.
 */
import { expect, test } from 'vitest';
import { ScreenTurns, WorkDropped } from './screen-turns.ts';

async function* steps(name: string, count: number, log: string[]): AsyncGenerator<void, string> {
  for (let i = 0; i < count; i += 1) {
    log.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    yield;
  }
  return name;
}

test('a long one does not keep a short one waiting', async () => {
  const log: string[] = [];
  const turns = new ScreenTurns(() => undefined);
  const long = turns.add('a', 1, steps('a', 1_000, log));
  const short = turns.add('b', 2, steps('b', 2, log));
  expect(await short).toBe('b');
  expect(log.length).toBeLessThan(10);
  expect(await long).toBe('a');
  expect(log.length).toBe(1_002);
});

test('what has the same key is done one after the other', async () => {
  const log: string[] = [];
  const turns = new ScreenTurns(() => undefined);
  await Promise.all([turns.add('a', 1, steps('first', 3, log)), turns.add('a', 2, steps('second', 2, log))]);
  expect(log).toEqual(['first', 'first', 'first', 'second', 'second']);
  expect(turns.isBusy('a')).toBe(false);
});

test('it is told whose step it is, and when it is nobody’s', async () => {
  const told: number[] = [];
  const turns = new ScreenTurns((id) => told.push(id));
  await Promise.all([turns.add('a', 1, steps('a', 1, [])), turns.add('b', 2, steps('b', 0, []))]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([1, 0, 1, 0, 2, 0]);
});

test('what fails is told to whoever asked, and the rest goes on', async () => {
  const turns = new ScreenTurns(() => undefined);
  async function* fail(): AsyncGenerator<void, string> {
    yield;
    throw new Error('no such file');
  }
  const failing = turns.add('a', 1, fail());
  const other = turns.add('a', 2, steps('next', 1, []));
  await expect(failing).rejects.toThrow('no such file');
  expect(await other).toBe('next');
});

test('what is given up rejects, also in the middle of a step, and what comes after it is done', async () => {
  const log: string[] = [];
  const turns = new ScreenTurns(() => undefined);
  const first = turns.add('a', 1, steps('first', 1_000, log));
  const waiting = turns.add('a', 2, steps('waiting', 1, log));
  const last = turns.add('a', 3, steps('last', 1, log));
  turns.drop((id) => id < 3);
  await expect(first).rejects.toThrow(WorkDropped);
  await expect(waiting).rejects.toThrow(WorkDropped);
  expect(await last).toBe('last');
  expect(log).toEqual(['first', 'last']);
  expect(await turns.add('b', 4, steps('b', 1, log))).toBe('b');
});

// Contract: a tab knows again that a session is its own, tells it from others, and does without where nothing is kept.
import { expect, test } from 'vitest';
import { forgetSession, isRemembered, rememberSession } from './came-back.ts';

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    clear: () => kept.clear(),
    key: () => null,
    length: 0,
  };
}

test('a tab knows its own session again, until it is over', () => {
  const kept = memory();
  rememberSession(() => kept, 'a');
  expect([isRemembered(() => kept, 'a'), isRemembered(() => kept, 'b')]).toEqual([true, false]);
  forgetSession(() => kept, 'a');
  expect(isRemembered(() => kept, 'a')).toBe(false);
});

test('a browser that keeps nothing is no error', () => {
  const closed = () => {
    throw new Error('The user denied it.');
  };
  rememberSession(closed, 'a');
  forgetSession(closed, 'a');
  expect(isRemembered(closed, 'a')).toBe(false);
});

// Contract: what is owned is disposed once, the youngest first; what comes too late is disposed at once; a listener
// stops listening.
import { expect, test } from 'vitest';
import { Disposables, listen } from './disposables.ts';

test('the youngest goes first, and each only once', () => {
  const gone: string[] = [];
  const owned = new Disposables();
  for (const name of ['a', 'b', 'c']) owned.add({ dispose: () => gone.push(name) });
  owned.dispose();
  owned.dispose();
  expect(gone).toEqual(['c', 'b', 'a']);
});

test('what is added after the end is disposed at once', () => {
  const owned = new Disposables();
  owned.dispose();
  let isGone = false;
  owned.add({
    dispose: () => {
      isGone = true;
    },
  });
  expect(isGone).toBe(true);
});

test('something that disposes its owner does not go round in circles', () => {
  const owned = new Disposables();
  let times = 0;
  owned.add({
    dispose: () => {
      times += 1;
      owned.dispose();
    },
  });
  owned.dispose();
  expect(times).toBe(1);
});

test('a listener hears until it is disposed', () => {
  const target = new EventTarget();
  let heard = 0;
  const listening = listen(target, 'ping', () => {
    heard += 1;
  });
  target.dispatchEvent(new Event('ping'));
  listening.dispose();
  target.dispatchEvent(new Event('ping'));
  expect(heard).toBe(1);
});

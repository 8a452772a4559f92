// Contract: preferences survive in the browser's storage, and nothing found there can break a terminal.
import { expect, test } from 'vitest';
import { fontSizes, keepPreferences, readPreferences } from './terminal-preferences.ts';

const usual = { fontSize: fontSizes.usual, screenReaderMode: false };

function storeWith(text: string | null) {
  let kept = text;
  const store = {
    getItem: () => kept,
    setItem: (_: string, value: string) => {
      kept = value;
    },
  };
  return () => store;
}

test('what was kept is read again', () => {
  const store = storeWith(null);
  expect(readPreferences(store)).toEqual(usual);
  keepPreferences(store, { fontSize: 18, screenReaderMode: true });
  expect(readPreferences(store)).toEqual({ fontSize: 18, screenReaderMode: true });
});

test.each(['', 'null', '[]', '{', '"x"', '{"fontSize":"1e9"}', '{"screenReaderMode":"yes"}'])(
  '%j is the usual',
  (text) => {
    expect(readPreferences(storeWith(text))).toEqual(usual);
  },
);

test.each([
  [0, fontSizes.min],
  [1e9, fontSizes.max],
  [13.6, 14],
])('a size of %d becomes %d', (kept, size) => {
  expect(readPreferences(storeWith(JSON.stringify({ fontSize: kept }))).fontSize).toBe(size);
});

test('a browser that forbids storage changes nothing', () => {
  const forbidden = () => {
    throw new Error('SecurityError');
  };
  expect(readPreferences(forbidden)).toEqual(usual);
  expect(() => keepPreferences(forbidden, usual)).not.toThrow();
});

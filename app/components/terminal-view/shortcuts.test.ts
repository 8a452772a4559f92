// Contract: a handful of shortcuts are ours; every other key, plain Ctrl+C above all, is the host's.
import { expect, test } from 'vitest';
import { type KeyPress, meaningOf } from './shortcuts.ts';

function press(keys: string): KeyPress {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  return {
    key,
    code: key.length === 1 ? `Key${key.toUpperCase()}` : key,
    ctrlKey: parts.includes('Ctrl'),
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
    metaKey: parts.includes('Meta'),
  };
}

test.each([
  'Ctrl+c',
  'Ctrl+v',
  'Ctrl+w',
  'Ctrl+s',
  'Ctrl+p',
  'Ctrl+f',
  'Ctrl+r',
  'F1',
  'F3',
  'F5',
  'F12',
  'Tab',
  'Shift+Tab',
  'Escape',
  'Alt+d',
  'Alt+f',
  'Ctrl+Alt+c',
  'Ctrl+Alt+Shift+C',
  'Insert',
  'Ctrl+Shift+P',
  'Meta+c',
])('%s goes to the host', (keys) => {
  expect(meaningOf(press(keys), false)).toBe('host');
});

test.each([
  ['Ctrl+Shift+C', 'copy'],
  ['Ctrl+Insert', 'copy'],
  ['Ctrl+Shift+V', 'paste'],
  ['Shift+Insert', 'paste'],
  ['Ctrl+Shift+F', 'find'],
  ['Ctrl+Shift+B', 'leave'],
])('%s is ours: %s', (keys, meaning) => {
  expect(meaningOf(press(keys), false)).toBe(meaning);
});

test('on a Mac the command key is ours and the control key is the host’s', () => {
  expect(meaningOf(press('Meta+c'), true)).toBe('copy');
  expect(meaningOf(press('Meta+v'), true)).toBe('paste');
  expect(meaningOf(press('Ctrl+c'), true)).toBe('host');
});

test('the printed letter counts, not its place on the keyboard', () => {
  expect(meaningOf({ ...press('Ctrl+Shift+C'), code: 'KeyI' }, false)).toBe('copy');
});

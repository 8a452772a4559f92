// Contract: the theme cookie may hold anything; only the known themes count.

import { expect, it } from 'vitest';
import { themeOf } from './theme.ts';

it.each(['light', 'dark', 'system'] as const)('takes %s', (theme) => {
  expect(themeOf(theme)).toBe(theme);
});

it.each([undefined, '', 'Dark', '"><script>', 'constructor'])('follows the system for %j', (value) => {
  expect(themeOf(value)).toBe('system');
});

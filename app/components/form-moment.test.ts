// Contract: a date field holds a moment on the clock of whoever fills it in; the server gets it in UTC.

import { expect, it } from 'vitest';
import { isoFromField } from './form-moment.ts';

it('turns local time into UTC', () => {
  expect(isoFromField('2026-11-20T09:30')).toBe(new Date(2026, 10, 20, 9, 30).toISOString());
});

it('says nothing for an empty field', () => {
  expect(isoFromField('')).toBeNull();
});

it('passes on what is no date, so that it is refused beside its field rather than lost', () => {
  expect(isoFromField('tomorrow')).toBe('tomorrow');
});

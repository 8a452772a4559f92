// Contract: the list says of each grant whether it holds at this moment, by the same edges as decide().

import { expect, it } from 'vitest';
import { grantState } from './grant-state.ts';

const now = new Date('2026-11-20T12:00:00Z');
const earlier = new Date('2026-11-20T11:59:59Z');
const later = new Date('2026-11-20T12:00:01Z');
const none = { startsAt: null, endsAt: null, revokedAt: null };

it.each([
  ['In force', none],
  ['In force', { ...none, startsAt: now, endsAt: later }],
  ['Starts later', { ...none, startsAt: later }],
  ['Ended', { ...none, endsAt: now }],
  ['Ended', { ...none, startsAt: earlier, endsAt: earlier }],
  ['Revoked', { ...none, startsAt: later, revokedAt: earlier }],
  ['Revoked', { ...none, endsAt: earlier, revokedAt: earlier }],
])('%s', (label, times) => {
  expect(grantState(times, now).label).toBe(label);
});

it('counts only what cannot come back as over', () => {
  expect(grantState({ ...none, startsAt: later }, now).over).toBe(false);
  expect(grantState({ ...none, endsAt: now }, now).over).toBe(true);
});

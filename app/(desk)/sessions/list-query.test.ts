// Contract: the address holds what the list shows, both ways, and nothing in an address breaks the page.
import { expect, test } from 'vitest';
import { type ListQuery, listPath, readListQuery } from './list-query.ts';

const fromPath = (path: string) => readListQuery(Object.fromEntries(new URL(path, 'http://x').searchParams));

test.each<ListQuery>([
  {},
  { search: 'web & mail?' },
  { state: 'active' },
  { recording: 'unplayable', search: 'ada' },
  { recording: 'held' },
  { mode: 'AWS', state: 'active' },
  { recording: 'kept' },
  { recording: 'deleted', search: 'ada', cursor: '0190a1b2-0000-7000-8000-000000000000' },
  { search: 'ada', state: 'ended', cursor: '0190a1b2-0000-7000-8000-000000000000' },
])('%j survives the address', (query) => {
  const { search, state, mode, recording, cursor } = fromPath(listPath(query));
  expect({ search, state, mode, recording, cursor }).toEqual({
    search: undefined,
    state: undefined,
    mode: undefined,
    recording: undefined,
    cursor: undefined,
    ...query,
  });
});

test('what is not a filter means all', () => {
  expect(readListQuery({ state: 'nonsense', mode: 'nonsense', recording: 'nonsense', q: '   ', before: '' })).toEqual(
    {},
  );
});

test('a parameter given twice counts once', () => {
  expect(readListQuery({ q: ['a', 'b'], state: ['active', 'ended'] })).toMatchObject({ search: 'a', state: undefined });
});

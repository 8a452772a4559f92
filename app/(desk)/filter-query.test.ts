// Contract: filters and a page come back from their address as they were; what an address holds besides is left out.
import { expect, test } from 'vitest';
import { fieldMoment, filterPath, readFilterQuery } from './filter-query.ts';

const names = ['text', 'person', 'from'];

test('a query comes back from its address', () => {
  const query = { filters: { text: 'rm -rf / & more', person: 'ada', from: '2026-03-01T12:00' }, cursor: 'a.7' };
  const address = new URL(filterPath('/search', names, query), 'http://x');
  expect(address.pathname).toBe('/search');
  expect(readFilterQuery(names, Object.fromEntries(address.searchParams))).toEqual(query);
});

test('what is empty, unknown or given twice does not count', () => {
  const read = readFilterQuery(names, { text: ['one', 'two'], person: '  ', session: 'x', before: '' });
  expect(read).toEqual({ filters: { text: 'one' }, cursor: undefined });
  expect(filterPath('/search', names, { filters: { session: 'x' } })).toBe('/search');
});

test.each([
  [undefined, undefined],
  ['2026-03-01T12:00', '2026-03-01T12:00'],
  ['2026-03-01T12:00:05.000Z', '2026-03-01T12:00:05'],
  ['2026-03-01', '2026-03-01T00:00'],
])('%s stands in its field as %s', (text, shown) => {
  expect(fieldMoment(text)).toBe(shown);
});

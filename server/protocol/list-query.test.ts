// Contract: whatever stands in an address, a list is shown: what is not understood counts as not said. An address that
// was written for a query reads back as that query.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanSearch, type ListQuery, listAddress, readListQuery } from './list-query.ts';

const sorts = ['name', 'age'] as const;
const first: ListQuery<'name' | 'age'> = { search: '', sort: 'name', descending: false, page: 1 };

describe('reading an address', () => {
  it.each([
    ['nothing', {}, first],
    [
      'everything',
      { q: ' web ', sort: 'age', dir: 'desc', page: '7' },
      { search: 'web', sort: 'age', descending: true, page: 7 },
    ],
    ['a sort that is not there', { sort: 'secret' }, first],
    ['a sort of the prototype', { sort: '__proto__' }, first],
    ['a direction that is none', { dir: 'DESC' }, first],
    ['the same thing twice', { q: ['a', 'b'], page: ['2', '3'] }, first],
    ['a page before the first', { page: '0' }, first],
    ['a negative page', { page: '-1' }, first],
    ['a page in another notation', { page: '1e3' }, first],
    ['a page with a fraction', { page: '1.5' }, first],
    ['a page beyond all', { page: '999999' }, { ...first, page: 100_000 }],
    ['a page longer than numbers go', { page: '9'.repeat(400) }, first],
    ['a zero byte', { q: 'a\0b' }, { ...first, search: 'ab' }],
  ])('with %s', (_, params, query) => {
    expect(readListQuery(params, sorts)).toEqual(query);
  });

  it('cuts a search that is longer than anybody types', () => {
    expect(readListQuery({ q: 'x'.repeat(5000) }, sorts).search).toHaveLength(200);
  });

  it('throws at nothing', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.record({ q: value, sort: value, dir: value, page: value }), (params) => {
        const { search, sort, page } = readListQuery(params, sorts);
        expect(sorts).toContain(sort);
        expect(page).toBeGreaterThan(0);
        expect(search.length).toBeLessThanOrEqual(200);
        listAddress({ search, sort, descending: false, page }, 'name');
      }),
    );
  });
});

describe('writing an address', () => {
  it('reads back as what it was written for', () => {
    const query = fc.record({
      search: fc.string({ unit: 'binary' }).map(cleanSearch),
      sort: fc.constantFrom(...sorts),
      descending: fc.boolean(),
      page: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(query, (given) => {
        const address = new URL(`http://localhost/${listAddress(given, 'name')}`);
        expect(readListQuery(Object.fromEntries(address.searchParams), sorts)).toEqual(given);
      }),
    );
  });

  it('leaves out what is as it is by default', () => {
    expect(listAddress(first, 'name')).toBe('');
    expect(listAddress({ ...first, page: 2 }, 'name')).toBe('?page=2');
    expect(listAddress({ ...first, sort: 'age', search: 'a b' }, 'name')).toBe('?q=a%20b&sort=age');
  });
});

describe('what is searched for', () => {
  it('stays the same when it is cleaned again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(cleanSearch(cleanSearch(text))).toBe(cleanSearch(text));
      }),
    );
  });
});

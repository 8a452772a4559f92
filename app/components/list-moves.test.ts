// Contract: every move in a list is another address of the same page. What was searched for stays while one sorts, a
// new search or order starts at the first page, and what else the address says is kept.
import { describe, expect, it } from 'vitest';
import { type ListQuery, pageRows, readListQuery } from '#server/protocol/list-query.ts';
import { listHref, searching, shownRange, sortedBy } from './list-moves.ts';

type Sort = 'name' | 'age';
const query: ListQuery<Sort> = { search: 'web', sort: 'name', descending: true, page: 4 };

describe('searching', () => {
  it('keeps the order and goes back to the first page', () => {
    expect(searching(query, 'db')).toEqual({ search: 'db', sort: 'name', descending: true, page: 1 });
  });

  it('asks for what the address will say, so that both can be compared', () => {
    const { search } = searching(query, `  two\0 words ${'x'.repeat(300)}`);
    expect(readListQuery({ q: search }, ['name', 'age']).search).toBe(search);
  });

  it('leaves no half character behind, which no address can say', () => {
    const { search } = searching(query, `${'x'.repeat(199)}🗝 and more`);
    expect(search).toBe('x'.repeat(199));
    expect(searching(query, 'a\ud83d').search).toBe('a');
  });
});

describe('sorting', () => {
  it('by another column begins upwards and keeps the search', () => {
    expect(sortedBy(query, 'age')).toEqual({ search: 'web', sort: 'age', descending: false, page: 1 });
  });

  it('by the same column turns it round, each time', () => {
    const once = sortedBy({ ...query, descending: false }, 'name');
    expect(once.descending).toBe(true);
    expect(sortedBy(once, 'name').descending).toBe(false);
  });
});

describe('an address', () => {
  it('says nothing of what is as it is by default', () => {
    expect(listHref('/people', [], { search: '', sort: 'name', descending: false, page: 1 }, 'name')).toBe('/people');
  });

  it('can be read back', () => {
    const href = new URL(listHref('/people', [], { ...query, search: 'a&b=c #%' }, 'age'), 'http://localhost');
    const read = readListQuery(Object.fromEntries(href.searchParams), ['age', 'name']);
    expect(read).toEqual({ ...query, search: 'a&b=c #%' });
  });

  it('keeps what belongs to the rest of the page, and only that', () => {
    const now = new URLSearchParams('tab=mine&q=old&page=9&state=a%26b');
    expect(listHref('/', now, { ...query, page: 2 }, 'name')).toBe('/?tab=mine&state=a%26b&q=web&dir=desc&page=2');
    expect(listHref('/', now, { search: '', sort: 'name', descending: false, page: 1 }, 'name')).toBe(
      '/?tab=mine&state=a%26b',
    );
  });
});

describe('what is shown', () => {
  const page = (number: number, rows: number, total: number) =>
    shownRange({ rows: Array.from({ length: rows }), total, page: number, pages: Math.ceil(total / pageRows) });

  it.each([
    ['1–50 of 230', page(1, 50, 230)],
    ['51–100 of 230', page(2, 50, 230)],
    ['201–230 of 230', page(5, 30, 230)],
    ['51 of 51', page(2, 1, 51)],
    ['1,951–2,000 of 2,000', page(40, 50, 2000)],
    ['0', page(1, 0, 0)],
  ])('%s', (says, range) => {
    expect(range).toBe(says);
  });
});

// Contract: an empty list says what to do; a search that finds nothing says so and offers the way back; pages are links
// that can be opened in a tab, the last one's "next" keeps its place and goes nowhere.
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Page } from '#server/protocol/list-query.ts';
import { ListPage, Pager } from './list-page.tsx';

const moves = {
  query: { search: '', sort: 'name', descending: false, page: 1 },
  text: '',
  search: () => undefined,
  hrefOf: (page: number) => `/people?page=${page}`,
  pending: false,
};
const pageOf = (total: number, page = 1): Page<number> => ({
  rows: Array.from({ length: Math.min(50, total) }, (_, index) => index),
  total,
  page,
  pages: Math.max(1, Math.ceil(total / 50)),
});

function shown(page: Page<number>, list: Partial<typeof moves> = {}, isFiltered = false): string {
  const empty = createElement('p', {}, 'Add somebody');
  const props = { list: { ...moves, ...list }, page, of: 'people', empty, isFiltered, children: 'the rows' };
  return renderToStaticMarkup(createElement(ListPage, props));
}

describe('a list', () => {
  it('without anything says what to do, and shows no search', () => {
    expect(shown(pageOf(0))).toBe('<p>Add somebody</p>');
  });

  it('with a row shows it under a search that has a name', () => {
    const html = shown(pageOf(1));
    expect(html).toContain('the rows');
    expect(html).toContain('aria-label="Search people"');
    expect(html).not.toContain('Pages of people');
  });

  it('in which nothing matches says so, offers to clear the search, and tells how many were found', () => {
    const query = { ...moves.query, search: 'zzz' };
    const html = shown(pageOf(0), { query, text: 'zzz' });
    expect(html).toContain('Nothing matches');
    expect(html).toContain('Clear search');
    expect(html).toContain('0 found');
    expect(html).not.toContain('Add somebody');
  });

  it('that something else than the search empties keeps the search', () => {
    const html = shown(pageOf(0), {}, true);
    expect(html).toContain('Choose another filter.');
    expect(html).not.toContain('Clear search');
  });

  it('while typing is under way keeps the field, whatever is shown still', () => {
    const html = shown(pageOf(0), { text: 'n', pending: true });
    expect(html).toContain('value="n"');
    expect(html).toContain('aria-busy="true"');
  });
});

describe('the pages of a list', () => {
  const pager = (page: Page<number>) =>
    renderToStaticMarkup(createElement(Pager, { list: moves, page, label: 'people' }));
  const linksIn = (html: string) =>
    [...html.matchAll(/<a [^>]*>/g)].map(([tag]) => ({
      href: /href="([^"]*)"/.exec(tag)?.[1],
      name: /aria-label="([^"]*)"/.exec(tag)?.[1],
      isOff: tag.includes('aria-disabled="true"'),
    }));

  it('are not shown while there is one', () => {
    expect(pager(pageOf(50))).toBe('');
  });

  it.each([
    [1, true, false],
    [2, false, false],
    [3, false, true],
  ])('are links; on page %i of 3 back is off: %s, on is off: %s', (page, backIsOff, onIsOff) => {
    const html = pager(pageOf(120, page));
    expect(html).toContain(`Page ${page} of 3`);
    expect(html).toContain('aria-label="Pages of people"');
    expect(linksIn(html)).toEqual([
      { href: `/people?page=${page - 1}`, name: 'Previous page', isOff: backIsOff },
      { href: `/people?page=${page + 1}`, name: 'Next page', isOff: onIsOff },
    ]);
  });
});

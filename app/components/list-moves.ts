import { cleanSearch, type ListQuery, listAddress, type Page, pageRows } from '#server/protocol/list-query.ts';

/** The same list with other words searched for, from its first page. */
export function searching<Sort extends string>(query: ListQuery<Sort>, text: string): ListQuery<Sort> {
  return { ...query, search: cleanSearch(text), page: 1 };
}

/** The same list by another column; by the column that it is sorted by already, the other way round. */
export function sortedBy<Sort extends string>(query: ListQuery<Sort>, sort: Sort): ListQuery<Sort> {
  return { ...query, sort, descending: query.sort === sort && !query.descending, page: 1 };
}

const ownNames = ['q', 'sort', 'dir', 'page'];

/** Path and search string of a query, with whatever else the address of the page says (`kept`). */
export function listHref<Sort extends string>(
  path: string,
  kept: Iterable<readonly [string, string]>,
  query: ListQuery<Sort>,
  byDefault: Sort,
): string {
  const others = [...kept].filter(([name]) => !ownNames.includes(name));
  const own = listAddress(query, byDefault);
  if (others.length === 0) return `${path}${own}`;
  const pairs = others.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${path}?${pairs.join('&')}${own.replace('?', '&')}`;
}

const digits = new Intl.NumberFormat('en');

/** Which rows a page shows, as “51–100 of 230”. */
export function shownRange({ page, total, rows }: Page<unknown>): string {
  if (total === 0) return '0';
  const first = (page - 1) * pageRows + 1;
  const last = first + rows.length - 1;
  const range = first === last ? digits.format(first) : `${digits.format(first)}–${digits.format(last)}`;
  return `${range} of ${digits.format(total)}`;
}

/** How many rows a page of a list has. */
export const pageRows = 50;
/** How many choices a form is shown at most; whoever wants another one types more of its name. */
export const choiceRows = 20;
const longestSearch = 200;
const lastPage = 100_000;

/** One of what a form offers to choose from; `hint` tells two of the same name apart. */
export type FoundChoice = { value: string; label: string; hint?: string };

/** What somebody wants to see of a list that is kept on the server: the address of the page carries it. */
export type ListQuery<Sort extends string = string> = {
  /** Words that must all occur, whatever their case; empty for all. */
  search: string;
  sort: Sort;
  descending: boolean;
  /** From 1. */
  page: number;
};

/** One page of a list; `page` is the last one when a later one was asked for. */
export type Page<Row> = { rows: Row[]; total: number; page: number; pages: number };

type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads `?q=&sort=&dir=&page=`. Anything that is not understood counts as not said: the first sort, the first page. */
export function readListQuery<Sort extends string>(params: Params, sorts: readonly [Sort, ...Sort[]]): ListQuery<Sort> {
  const one = (name: string) => {
    const value = params[name];
    return typeof value === 'string' ? value : '';
  };
  const page = /^[1-9]\d{0,5}$/.test(one('page')) ? Math.min(Number(one('page')), lastPage) : 1;
  return {
    search: cleanSearch(one('q')),
    sort: sorts.find((sort) => sort === one('sort')) ?? sorts[0],
    descending: one('dir') === 'desc',
    page,
  };
}

/** What is searched for when somebody types this. Done twice it changes nothing more. */
export function cleanSearch(text: string): string {
  const cut = text.replaceAll('\0', '').trim().slice(0, longestSearch);
  return cut.replace(/\p{Cs}/gu, '').trim(); // Half a character cannot stand in an address.
}

/** The search string of the address for a query, without what is as it is by default; `''` or `?…`. */
export function listAddress<Sort extends string>(query: ListQuery<Sort>, byDefault: Sort): string {
  const params = new Map<string, string>();
  if (query.search) params.set('q', query.search);
  if (query.sort !== byDefault) params.set('sort', query.sort);
  if (query.descending) params.set('dir', 'desc');
  if (query.page > 1) params.set('page', String(query.page));
  const pairs = [...params].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

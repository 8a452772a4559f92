import { and, asc, desc, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { type ListQuery, type Page, pageRows } from '../../server/protocol/list-query.ts';

/** Every word of the search occurs in one of these texts; `undefined` for an empty search. */
export function matchesAll(search: string, texts: readonly SQLWrapper[]): SQL | undefined {
  const words = search.split(/\s+/).filter((word) => word !== '');
  return and(...words.map((word) => or(...texts.map((text) => sql`${text}::text ilike ${patternOf(word)}`))));
}

function patternOf(word: string): string {
  return `%${word.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The order that a query wants, and then by `last`, which is different in every row, so that pages do not overlap. */
export function orderOf<Sort extends string>(
  { sort, descending }: Pick<ListQuery<Sort>, 'sort' | 'descending'>,
  columns: Record<Sort, SQLWrapper>,
  last: SQLWrapper,
): SQL[] {
  const column = columns[sort];
  return [
    descending ? sql`${column} desc nulls last` : sql`${column} asc nulls first`,
    descending ? desc(last) : asc(last),
  ];
}

/** Counts first, so that a page after the last one becomes the last one; then reads just that page. */
export async function readPage<Row>(
  { page }: Pick<ListQuery, 'page'>,
  count: () => Promise<number>,
  read: (range: { limit: number; offset: number }) => Promise<Row[]>,
): Promise<Page<Row>> {
  const total = await count();
  const pages = Math.max(1, Math.ceil(total / pageRows));
  const shown = Math.min(page, pages);
  const rows = total === 0 ? [] : await read({ limit: pageRows, offset: (shown - 1) * pageRows });
  return { rows, total, page: shown, pages };
}

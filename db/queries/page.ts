import { asc, desc, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { type ListQuery, type Page, pageRows } from '../../server/protocol/list-query.ts';
import type { Tx } from '../connect.ts';

/** Every word of the search occurs in one of these texts, whatever its case and accents; `undefined` for no words. */
export function matchesAll(search: string, texts: readonly SQLWrapper[]): SQL | undefined {
  const words = search.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return undefined;
  // No word holds the line break between two texts, so none is found across it.
  const text = sql`concat_ws(E'\n', ${sql.join([...texts], sql`, `)})`;
  const patterns = sql.join(
    words.map((word) => sql`${patternOf(word)}`),
    sql`, `,
  );
  return sql`${withoutAccents(text)} ilike all (array[${patterns}])`;
}

// The same on both sides: accents are characters of their own in the form NFD, and left out.
function withoutAccents(text: SQL): SQL {
  return sql`regexp_replace(normalize(${text}, NFD), '[\\u0300-\\u036f]', '', 'g')`;
}

function patternOf(word: string): string {
  const plain = word.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  return `%${plain.replace(/[\\%_]/g, '\\$&')}%`;
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

type Sorted<Row> = { limit(limit: number): { offset(offset: number): PromiseLike<Row[]> } };
/** A query without its order, made anew each time that it is asked. */
type Found<Row> = () => { as(alias: string): SQLWrapper; orderBy(...order: SQL[]): Sorted<Row> };

/** The page that a query wants of what is found. */
export function pageOfFound<Row>(
  tx: Pick<Tx, '$count'>,
  query: Pick<ListQuery, 'page'>,
  found: Found<Row>,
  order: SQL[],
): Promise<Page<Row>> {
  return readPage(
    query,
    () => tx.$count(found().as('found')),
    async ({ limit, offset }) =>
      found()
        .orderBy(...order)
        .limit(limit)
        .offset(offset),
  );
}

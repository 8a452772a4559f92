import type { ListQuery } from '../../server/protocol/list-query.ts';

/** The first page of everything, as a list asks for it, unless `given` says otherwise. */
export function listOf<Sort extends string>(sort: Sort, given: Partial<ListQuery<Sort>> = {}): ListQuery<Sort> {
  return { search: '', sort, descending: false, page: 1, ...given };
}

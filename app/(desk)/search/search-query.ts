import { searchFilterNames } from '#server/portal.ts';
import { type FilterQuery, filterPath, readFilterQuery } from '../filter-query.ts';

/** What is searched for. */
export type SearchQuery = FilterQuery;

export function readSearchQuery(params: Parameters<typeof readFilterQuery>[1]): SearchQuery {
  return readFilterQuery(searchFilterNames, params);
}

export function searchPath(query: SearchQuery): string {
  return filterPath('/search', searchFilterNames, query);
}

import { type FilterParams, filterNames } from '#server/portal.ts';
import { type FilterQuery, filterPath, readFilterQuery } from '../filter-query.ts';

/** What part of the log is looked at. */
export type AuditQuery = FilterQuery;

export function readAuditQuery(params: Parameters<typeof readFilterQuery>[1]): AuditQuery {
  return readFilterQuery(filterNames, params);
}

export function auditPath(query: AuditQuery): string {
  return filterPath('/audit', filterNames, query);
}

/** Where the gateway gives the same part of the log as a file. */
export function exportPath(filters: FilterParams): string {
  return filterPath('/api/audit/export.ndjson', filterNames, { filters });
}

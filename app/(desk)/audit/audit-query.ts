import { type FilterParams, filterNames } from '#server/portal.ts';

/** What part of the log is looked at, as the address says it; whether it means anything is for the log to say. */
export type AuditQuery = { filters: FilterParams; cursor?: string };

type SearchParams = Record<string, string | string[] | undefined>;

export function readAuditQuery(params: SearchParams): AuditQuery {
  const given = filterNames.flatMap((name) => {
    const text = textOf(params[name])?.trim();
    return text ? [[name, text] as const] : [];
  });
  return { filters: Object.fromEntries(given), cursor: textOf(params.before) || undefined };
}

export function auditPath({ filters, cursor }: AuditQuery): string {
  return withQuery('/audit', filters, cursor);
}

/** Where the gateway gives the same part of the log as a file. */
export function exportPath(filters: FilterParams): string {
  return withQuery('/api/audit/export.ndjson', filters);
}

/** What a `datetime-local` field shows for a moment of an address; what is none stays empty there. */
export function fieldMoment(text: string | undefined): string | undefined {
  return text?.replace(/(\.\d+)?Z?$/, '').replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00');
}

function withQuery(path: string, filters: FilterParams, cursor?: string): string {
  const params = new URLSearchParams();
  for (const name of filterNames) {
    const text = filters[name];
    if (text) params.set(name, text);
  }
  if (cursor) params.set('before', cursor);
  return params.size > 0 ? `${path}?${params}` : path;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

import type { FilterParams } from '#server/portal.ts';

/** Filters and a page, as an address says them; whether they mean anything is for the server to say. */
export type FilterQuery = { filters: FilterParams; cursor?: string | undefined };

type SearchParams = Record<string, string | string[] | undefined>;

/** Of filters with these names those that an address has. */
export function readFilterQuery(names: readonly string[], params: SearchParams): FilterQuery {
  const given = names.flatMap((name) => {
    const text = textOf(params[name])?.trim();
    return text ? [[name, text] as const] : [];
  });
  return { filters: Object.fromEntries(given), cursor: textOf(params.before) || undefined };
}

/** The address at `path` that says it. */
export function filterPath(path: string, names: readonly string[], { filters, cursor }: FilterQuery): string {
  const params = new URLSearchParams();
  for (const name of names) {
    const text = filters[name];
    if (text) params.set(name, text);
  }
  if (cursor) params.set('before', cursor);
  return params.size > 0 ? `${path}?${params}` : path;
}

/** What a `datetime-local` field shows for a moment of an address; what is none stays empty there. */
export function fieldMoment(text: string | undefined): string | undefined {
  return text?.replace(/(\.\d+)?Z?$/, '').replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00');
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

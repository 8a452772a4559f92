import { type CallFilter, callFilters } from '#server/protocol/aws-words.ts';

/** What part of a session's calls is looked at; all of it is in the address. */
export type CallsQuery = { search?: string; only?: CallFilter; cursor?: string };

type SearchParams = Record<string, string | string[] | undefined>;

export function readCallsQuery({ q, only, before }: SearchParams): CallsQuery {
  const search = textOf(q)?.trim();
  const filter = callFilters.find((each) => each === textOf(only));
  const cursor = textOf(before);
  return { ...(search && { search }), ...(filter && { only: filter }), ...(cursor && { cursor }) };
}

export function callsPath(sessionId: string, { search, only, cursor }: CallsQuery): string {
  const params = new URLSearchParams();
  if (search) params.set('q', search);
  if (only) params.set('only', only);
  if (cursor) params.set('before', cursor);
  const text = params.toString();
  return `/sessions/${sessionId}${text ? `?${text}` : ''}`;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

import type { RawHeader } from '../sigv4/request.ts';

/** All values of a header, whatever its case, in wire order. */
export function valuesOf(headers: readonly RawHeader[], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value.trim());
}

/** The media type without its parameters, in lower case; empty when there is none, or more than one. */
export function mediaTypeOf(headers: readonly RawHeader[]): string {
  const [type = '', another] = valuesOf(headers, 'content-type');
  return another === undefined ? (type.split(';')[0] ?? '').trim().toLowerCase() : '';
}

/** The path and the query of a raw request target. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** What a log may show of a request that has no name: its path without the query, on one line, 1024 characters at most. */
export function shownPath(target: string): string {
  const { path } = splitTarget(target);
  return path
    .slice(0, 1024)
    .replace(/[^\x21-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
}

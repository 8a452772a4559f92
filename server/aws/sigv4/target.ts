/** A raw target taken apart: the path as on the wire, the query decoded and in wire order. */
export type Target = { path: string; query: readonly (readonly [name: string, value: string])[] };

/**
 * Takes the target of a request line apart. `undefined` for what is no path on this host (absolute-form, `*`, a
 * fragment), for bytes that must be escaped, and for escapes that are none or that are not UTF-8.
 */
export function parseTarget(raw: string): Target | undefined {
  if (!/^\/[\x21-\x22\x24-\x7e]*$/.test(raw)) return undefined;
  const mark = raw.indexOf('?');
  const path = mark < 0 ? raw : raw.slice(0, mark);
  const items = mark < 0 ? [] : raw.slice(mark + 1).split('&');
  try {
    decodeURIComponent(path);
    return { path, query: items.filter((item) => item !== '').map(decoded) };
  } catch {
    return undefined;
  }
}

function decoded(item: string): readonly [string, string] {
  const equals = item.indexOf('=');
  if (equals < 0) return [decodeURIComponent(item), ''];
  return [decodeURIComponent(item.slice(0, equals)), decodeURIComponent(item.slice(equals + 1))];
}

/** Escapes everything but letters, digits and `-._~`, in UTF-8 and upper-case hexadecimal. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

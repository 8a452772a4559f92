export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };

/**
 * The one text of a value (RFC 8785 for what we store): keys sorted by UTF-16 code unit, no white space, members that
 * are `undefined` left out. Throws on numbers that JSON does not know.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('JSON knows finite numbers only.');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const member = value[key];
      return member === undefined ? [] : `${JSON.stringify(key)}:${canonicalJson(member)}`;
    });
  return `{${members.join(',')}}`;
}

import type { RawHeader } from './request.ts';

/** Values by lower-case name, each in wire order, as they stood on the wire. */
export type Headers = ReadonlyMap<string, readonly string[]>;

export function headersOf(raw: readonly RawHeader[]): Headers {
  const headers = new Map<string, string[]>();
  for (const [name, value] of raw) {
    const key = name.toLowerCase();
    const values = headers.get(key);
    if (values) values.push(value);
    else headers.set(key, [value]);
  }
  return headers;
}

/** The value of a header that is there once, or not at all. */
export function firstOf(headers: Headers, name: string): string | undefined {
  return headers.get(name)?.[0];
}

/** What a signature covers: each value without blanks around it, blanks within as one, duplicates joined. Bytes stay bytes. */
export function canonicalValue(values: readonly string[]): string {
  return values.map((value) => value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')).join(',');
}

/** The text of bytes that are UTF-8; `undefined` for any others. */
export function textOf(latin1: string): string | undefined {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  try {
    return strictly.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}

const strictly = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

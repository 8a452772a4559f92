/** What a `Range` header asks of `size` bytes: all of them, a part (`last` included), or something that is not there. */
export type ByteRange = 'all' | 'unsatisfiable' | { from: number; last: number };

/** Only a single range is served; several, other units and nonsense are answered with everything (RFC 9110, 14.2). */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!match) return 'all';
  const [, first = '', end = ''] = match;
  if (first === '' && end === '') return 'all';
  if (first === '') {
    const suffix = Number(end);
    return suffix === 0 || size === 0 ? 'unsatisfiable' : { from: Math.max(0, size - suffix), last: size - 1 };
  }
  const from = Number(first);
  const last = end === '' ? size - 1 : Math.min(Number(end), size - 1);
  if (end !== '' && Number(end) < from) return 'all';
  return from >= size ? 'unsatisfiable' : { from, last };
}

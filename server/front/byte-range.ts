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

/** More than any player asks for at once. */
const mostPieceBytes = 128 * 1024 * 1024;

/** Whether a `Range` header asks for a piece between two places: not for all of it in other words, nor for more than a piece. */
export function isPiece(header: string | undefined): boolean {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined) return false;
  const bytes = Number(last) - Number(first) + 1;
  return bytes >= 1 && bytes <= mostPieceBytes;
}

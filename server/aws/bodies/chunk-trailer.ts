/** What follows the last chunk: the lines that are signed, their signature, and the bytes that stand before it. */
export type ChunkTrailer = { lines: string; signature: string; before: string };

/** How a trailer ends, and with it the body. */
export const trailerEnd = '\r\n\r\n';

/**
 * Reads a signed trailer (latin1 text, whole). Clients end its lines with CRLF, LF, or LF and then CRLF. `undefined`
 * unless it holds exactly the headers that `announced` (the value of x-amz-trailer) names, once each.
 */
export function readTrailer(text: string, announced: string): ChunkTrailer | undefined {
  const [, lines = '', signature = ''] = /^([\s\S]*\n)x-amz-trailer-signature:([0-9a-f]{64})\r\n\r\n$/.exec(text) ?? [];
  const items = lines
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(readLine)
    .toSorted(byName);
  const names = announced
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .toSorted();
  const isAnnounced = names.join() === items.map(([name]) => name).join() && new Set(names).size === names.length;
  if (signature === '' || !isAnnounced) return undefined;
  return {
    lines: items.map(([name, value]) => `${name}:${value}\n`).join(''),
    signature,
    before: text.slice(0, -trailerEnd.length - signature.length),
  };
}

type Item = readonly [name: string, value: string];

/** What is no header has no name, which nobody announces. */
function readLine(line: string): Item {
  const [, name = '', value = ''] =
    /^([A-Za-z0-9-]{1,128}):[ \t]*([\x21-\x7e\x80-\xff][\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  return [name.toLowerCase(), value.trimEnd()];
}

function byName([a]: Item, [b]: Item): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How much a host says, in pieces of what size; another seed, other words in another order. */
export type HostOutputOrder = { bytes: number; pieceBytes: number; seed: number };

const words =
  `the build of main failed at step seven because no space was left on device while copying artifacts into the
cache of worker nine and the deploy was rolled back by the release bot after three retries within ten minutes`.split(
    /\s+/,
  );

/**
 * What a host might say: lines of coloured text, most of them different, and now and then a program that takes the whole
 * screen. The same for the same seed.
 */
export function* hostOutput({ bytes, pieceBytes, seed }: HostOutputOrder): Generator<Uint8Array> {
  const random = randomOf(seed);
  const pool = Array.from({ length: 64 }, (_, n) => (n % 8 === 7 ? fullScreen(random) : lines(random)));
  let said = 0;
  for (let n = 0; said < bytes; n += 1) {
    const text = `${seed}-${n} ${pool[Math.floor(random() * pool.length)]}`;
    const piece = Buffer.from(
      text
        .padEnd(pieceBytes, '.')
        .slice(0, pieceBytes - 2)
        .concat('\r\n'),
    );
    said += piece.length;
    yield piece;
  }
}

function lines(random: () => number): string {
  return Array.from({ length: 60 }, () => {
    const colour = 30 + Math.floor(random() * 8);
    return `\x1b[${colour}m${sentence(random, 3)}\x1b[0m ${sentence(random, 7)}`;
  }).join('\r\n');
}

function fullScreen(random: () => number): string {
  const rows = Array.from(
    { length: 24 },
    (_, row) => `\x1b[${row + 1};1H\x1b[2K\x1b[7m${row}\x1b[27m ${sentence(random, 8)}`,
  );
  return `\x1b[?1049h\x1b[H${rows.join('')}\x1b[?1049l`;
}

function sentence(random: () => number, count: number): string {
  return Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(' ');
}

/** Numbers from 0 to before 1 that anybody gets again (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Contract: at whatever moment a session of a real program is cut, the screen that is restored there is the live one, and
 * stays it to the end: after further output, in both buffers, also when the size changes. `testing/corpus` has what vim,
 * tmux, htop and less wrote to a terminal of 80 by 24 while they were used, as asciicasts;
 * `server/live/testing/screen-programs.ts` says what was typed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBoundaryScanner } from '../protocol/terminal-boundary.ts';
import { expectSameFrom, type Played, screenAt } from './testing/played.ts';

const corpus = join(import.meta.dirname, 'testing', 'corpus');
const cuts = 16;

test.each(readdirSync(corpus))('%s', { timeout: 60_000 }, async (name) => {
  const whole = playedIn(readFileSync(join(corpus, name), 'utf8'));
  const { output, resizes } = whole;
  expect(resizes.length).toBeGreaterThan(1);
  const checkpoints = [...resizes.map(({ offset }) => offset), Math.floor(output.length / 2), output.length];
  let compared = 0;
  for (const offset of boundariesIn(output)) {
    const live = await screenAt(whole, offset);
    const restored = { offset, columns: live.terminal.cols, rows: live.terminal.rows, restore: live.restoreBytes() };
    live.dispose();
    const isCompared = await expectSameFrom(whole, { ...restored, output: output.subarray(offset) }, checkpoints);
    compared += isCompared ? 1 : 0;
  }
  expect(compared).toBeGreaterThan(cuts / 2);
});

/** An asciicast, version 2: a line that describes it, and then one for each output and each change of size. */
function playedIn(cast: string): Played {
  const [head = '', ...lines] = cast.trim().split('\n');
  const { width, height } = JSON.parse(head) as { width: number; height: number };
  const resizes: Played['resizes'] = [];
  let output = Buffer.alloc(0);
  for (const [, kind, data] of lines.map((line) => JSON.parse(line) as [number, 'o' | 'r', string])) {
    const [columns = 0, rows = 0] = data.split('x').map(Number);
    if (kind === 'r') resizes.push({ offset: output.length, columns, rows });
    else output = Buffer.concat([output, Buffer.from(data)]);
  }
  return { columns: width, rows: height, output, resizes };
}

/** Places all over the output where no sequence and no character is half read. */
function boundariesIn(output: Uint8Array): number[] {
  const found = Array.from({ length: cuts }, (_, i) => {
    const scanner = createBoundaryScanner();
    scanner.push(output.subarray(0, Math.floor(((i + 1) * output.length) / cuts)));
    return scanner.groundOffset;
  });
  return [...new Set(found)];
}

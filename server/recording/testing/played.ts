import { expect } from 'vitest';
import { ScreenModel, type ScreenSize } from '../screen-model.ts';
import { hasNoSequence, stateOf } from './screen-state.ts';

type Resize = ScreenSize & { offset: number };

/** All output of a terminal and where in it its size changed. Offsets count from the beginning. */
export type Played = ScreenSize & { output: Uint8Array; resizes: Resize[] };

/** Somebody who was shown a screen when there had been `offset` bytes of output, and all output from there. */
export type Latecomer = ScreenSize & { offset: number; restore: Uint8Array; output: Uint8Array };

/** The screen after so many bytes of output. A change of size at that very byte has happened. */
export async function screenAt({ columns, rows, output, resizes }: Played, offset: number): Promise<ScreenModel> {
  const model = new ScreenModel({ columns, rows });
  await play(model, { output, from: 0, to: offset, resizes });
  return model;
}

/**
 * Expects that the latecomer sees the same screen as somebody who was there from the beginning, at once and at each of
 * these offsets. `false`: it came at one of the few moments that no sequence can bring back.
 */
export async function expectSameFrom(
  whole: Played,
  latecomer: Latecomer,
  checkpoints: readonly number[],
): Promise<boolean> {
  const { offset } = latecomer;
  const live = await screenAt(whole, offset);
  if (hasNoSequence(live)) return false;
  const late = new ScreenModel(latecomer);
  await late.write(latecomer.restore);
  const resizes = changesAfter(latecomer, whole.resizes);
  let from = offset;
  for (const to of [offset, ...checkpoints.filter((at) => at > offset).toSorted((a, b) => a - b)]) {
    await play(live, {
      output: whole.output,
      from,
      to,
      resizes: whole.resizes.filter((resize) => resize.offset > from),
    });
    const rest = resizes.splice(0, resizes.filter((resize) => resize.offset <= to).length);
    const shifted = rest.map((resize) => ({ ...resize, offset: resize.offset - offset }));
    await play(late, { output: latecomer.output, from: from - offset, to: to - offset, resizes: shifted });
    expect(stateOf(late), `who came at ${offset}, at ${to}`).toEqual(stateOf(live));
    from = to;
  }
  live.dispose();
  late.dispose();
  return true;
}

type Part = { output: Uint8Array; from: number; to: number; resizes: readonly Resize[] };

async function play(model: ScreenModel, { output, from, to, resizes }: Part): Promise<void> {
  let written = from;
  for (const resize of resizes.filter(({ offset }) => offset <= to)) {
    await model.write(output.subarray(written, resize.offset));
    written = resize.offset;
    model.resize(resize);
  }
  await model.write(output.subarray(written, to));
}

/** The changes of size that came after a look: at its very byte, those after the one that it shows. */
function changesAfter({ offset, columns, rows }: Latecomer, resizes: readonly Resize[]): Resize[] {
  const rest = resizes.filter((resize) => resize.offset >= offset);
  const shown = rest.findLastIndex((at) => at.offset === offset && at.columns === columns && at.rows === rows);
  return rest.slice(shown + 1);
}

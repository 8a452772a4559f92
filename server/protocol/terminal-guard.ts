/** Of a terminal of xterm.js, in a browser or without one, what its guard needs. */
export type GuardedTerminal = {
  readonly cols: number;
  readonly rows: number;
  readonly buffer: { readonly active: { readonly cursorX: number; readonly cursorY: number; readonly length: number } };
  readonly parser: {
    registerCsiHandler(
      id: { prefix?: string; final: string },
      handle: (params: (number | number[])[]) => boolean,
    ): Disposable;
  };
};
type Disposable = { dispose(): void };

/** xterm's own: erases as `CSI J` says, `protect` as `CSI ? J` does. */
type Inner = {
  _core: { _inputHandler: { eraseInDisplay(how: { params: [number]; length: 1 }, protect: boolean): void } };
};

/**
 * Sequences that a terminal carries out as often as their number says, one by one: repeat a character, tab on and back,
 * insert and delete lines, scroll up and down. The largest number there is would take hours, or all memory.
 */
const repeatingFinals = ['b', 'I', 'Z', 'L', 'M', 'S', 'T'];
/** More than any terminal here has lines or columns. */
const mostRepeats = 10_000;

/**
 * Keeps a host from stopping a terminal by a few bytes, in the tab of whoever works or reviews and in our own threads:
 * what it shows is the same as without, where that shows anything.
 */
export function guardTerminal(terminal: GuardedTerminal): Disposable[] {
  const { parser } = terminal;
  return [
    ...repeatingFinals.map((final) => parser.registerCsiHandler({ final }, isTooOften)),
    parser.registerCsiHandler({ final: 'J' }, (params) => eraseFromCorner(terminal, params, false)),
    parser.registerCsiHandler({ prefix: '?', final: 'J' }, (params) => eraseFromCorner(terminal, params, true)),
  ];
}

function isTooOften([first = 0]: readonly (number | number[])[]): boolean {
  return typeof first === 'number' && first > mostRepeats;
}

/**
 * Erasing everything before the cursor throws in xterm.js 6.0.0 when that is in the last corner of a screen without
 * history: it looks for a line below. Erasing everything is the same there.
 */
function eraseFromCorner(terminal: GuardedTerminal, [how]: readonly (number | number[])[], protect: boolean): boolean {
  const { cursorX, cursorY, length } = terminal.buffer.active;
  if (how !== 1 || cursorX < terminal.cols - 1 || cursorY + 1 < length) return false;
  (terminal as GuardedTerminal & Inner)._core._inputHandler.eraseInDisplay({ params: [2], length: 1 }, protect);
  return true;
}

import xterm from '@xterm/headless';
import { type Charset, internalsOf, type ScreenInternals } from './screen-internals.ts';

/** The final characters that designate a character set in xterm; `B`, US ASCII, is none there. */
const designators = ['0', 'A', '4', 'C', 'R', 'Q', 'K', 'Y', 'E', 'Z', 'H', '='] as const;

let known: ReadonlyMap<object, string> | undefined;

/** The final character of `ESC (` for this set. Sets are tables without a name, the same objects in every terminal. */
export function designatorOf(charset: Charset): string {
  known ??= learn();
  return (charset && known.get(charset)) ?? 'B';
}

function learn(): ReadonlyMap<object, string> {
  const found = new Map<object, string>();
  for (const designator of designators) {
    const terminal = new xterm.Terminal({ cols: 2, rows: 1, allowProposedApi: true });
    const { _inputHandler, _charsetService } = internalsOf(terminal);
    _inputHandler.parse(`\x1b(${designator}`); // at once, where `write` would wait for the next turn
    const { charset } = _charsetService;
    if (charset) found.set(charset, designator);
    terminal.dispose();
  }
  return found;
}

const slots = ['(', ')', '*', '+'] as const;
/** SI, SO, LS2 and LS3 bring G0 to G3 into the left half. */
const shifts = ['', '\x0e', '\x1bn', '\x1bo'] as const;

/** Designations of G0 to G3, and which of them is in use. */
export function charsetSequences({ _charsets, glevel }: ScreenInternals['_charsetService']): string {
  const designated = slots.map((slot, g) => {
    const designator = designatorOf(_charsets[g]);
    return designator === 'B' ? '' : `\x1b${slot}${designator}`;
  });
  return designated.join('') + (shifts[glevel] ?? '');
}

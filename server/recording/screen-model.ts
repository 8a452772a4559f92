import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';
import { guardTerminal } from '../protocol/terminal-guard.ts';
import { WholeCharacters } from '../protocol/whole-characters.ts';
import { internalsOf } from './screen-internals.ts';
import { restoreSequence } from './screen-restore.ts';

export type ScreenSize = { columns: number; rows: number };

/** As many lines as the live terminal in a browser keeps. */
const scrollbackLines = 10_000;

/** A terminal without a screen: what somebody at the session sees, built from its output. Answers of it go nowhere. */
export class ScreenModel {
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  readonly #characters = new WholeCharacters();

  constructor({ columns, rows }: ScreenSize, { scrollback = scrollbackLines }: { scrollback?: number } = {}) {
    this.terminal = new xterm.Terminal({ cols: columns, rows, scrollback, allowProposedApi: true, logLevel: 'off' });
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    guardTerminal(this.terminal);
  }

  /** Resolves when the bytes are parsed. They may be cut anywhere, also within a character. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(this.#characters.push(bytes), resolve));
  }

  /** The same at once, for whoever never mixes the two. */
  writeNow(bytes: Uint8Array): void {
    internalsOf(this.terminal)._inputHandler.parse(this.#characters.push(bytes));
  }

  resize({ columns, rows }: ScreenSize): void {
    this.terminal.resize(columns, rows);
  }

  /** What makes a new terminal of this size the same as this one. Only while no sequence is half read. */
  restoreBytes(): Uint8Array {
    return new TextEncoder().encode(restoreSequence(this.terminal));
  }

  /** About what its cells take in memory: twelve bytes each, whatever stands in them. */
  get memoryBytes(): number {
    const { normal, alternate } = this.terminal.buffer;
    return (normal.length + alternate.length) * this.terminal.cols * 12;
  }

  /** The lines on the screen, without blanks at their ends. */
  lines(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from(
      { length: this.terminal.rows },
      (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '',
    );
  }

  dispose(): void {
    this.terminal.dispose();
  }
}

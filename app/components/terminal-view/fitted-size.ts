import { FitAddon } from '@xterm/addon-fit';
import type { IDisposable, Terminal } from '@xterm/xterm';
import { Disposables } from './disposables.ts';
import { clampSize, type TerminalSize } from './terminal-connection.ts';

const settleMs = 100;

/** Keeps a terminal as large as its host element. A dragged window edge is one resize, told when it has settled. */
export class FittedSize implements IDisposable {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #owned = new Disposables();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(terminal: Terminal, host: HTMLElement, onSize: (size: TerminalSize) => void) {
    this.#terminal = terminal;
    terminal.loadAddon(this.#fit);
    this.refit();
    this.#owned.add(terminal.onResize(({ cols, rows }) => onSize({ columns: cols, rows })));
    const observer = new ResizeObserver(() => this.#later());
    observer.observe(host);
    this.#owned.add({ dispose: () => observer.disconnect() });
    this.#owned.add({ dispose: () => clearTimeout(this.#timer) });
  }

  get size(): TerminalSize {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  refit(): void {
    const proposed = this.#fit.proposeDimensions();
    if (!proposed || Number.isNaN(proposed.cols) || Number.isNaN(proposed.rows)) return; // not laid out
    const { columns, rows } = clampSize({ columns: proposed.cols, rows: proposed.rows });
    this.#terminal.resize(columns, rows);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refit(), settleMs);
  }
}

import type { IDisposable } from '@xterm/xterm';
import { ClipboardGate } from '../terminal-view/clipboard-gate.ts';
import { Disposables } from '../terminal-view/disposables.ts';
import { TerminalScreen } from '../terminal-view/terminal-screen.ts';
import type { PlaybackScreen } from './playback.ts';
import type { ScreenSize } from './timeline.ts';

export type ReplayScreenOptions = {
  screenReaderMode: boolean;
  /** Text may be copied out of it; without, nobody can by the page's own ways. */
  mayCopy?: boolean;
  onCopyRefused?: () => void;
};

const font = { largest: 15, smallest: 3 } as const;

/**
 * A read-only terminal at the recorded size, its font as large as the page is wide. What the recording asks a terminal
 * to answer goes nowhere: nothing listens to what this one says.
 */
export class ReplayScreen implements PlaybackScreen, IDisposable {
  readonly screen: TerminalScreen;
  readonly #host: HTMLElement;
  readonly #owned = new Disposables();

  constructor(host: HTMLElement, { screenReaderMode, mayCopy = false, onCopyRefused }: ReplayScreenOptions) {
    this.#host = host;
    this.screen = this.#owned.add(
      new TerminalScreen(host, { screenReaderMode, fontSize: font.largest, scrollback: 5000, readOnly: true }),
    );
    this.screen.terminal.attachCustomKeyEventHandler(() => false); // keys are the player's, also with the focus in here
    const onRefused = (what: 'copy' | 'paste') => what === 'copy' && onCopyRefused?.();
    const gate = this.#owned.add(new ClipboardGate(host, { onPaste: () => {}, onRefused }));
    gate.policy = { allowCopy: mayCopy, allowPaste: false };
    const observer = new ResizeObserver(() => this.#fitFont());
    observer.observe(host);
    this.#owned.add({ dispose: () => observer.disconnect() });
  }

  reset({ columns, rows }: ScreenSize): void {
    this.screen.reset();
    this.resize({ columns, rows });
  }

  resize({ columns, rows }: ScreenSize): void {
    this.screen.terminal.resize(columns, rows);
    this.#fitFont();
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.screen.write(bytes, done);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  // The width of a cell is proportional to the font size, but for rounding to device pixels.
  #fitFont(): void {
    const { terminal } = this.screen;
    const drawn = terminal.element?.querySelector('.xterm-screen');
    const width = drawn?.clientWidth ?? 0;
    const room = this.#host.clientWidth;
    if (width === 0 || room === 0) return;
    const size = terminal.options.fontSize ?? font.largest;
    const fitting = Math.floor(((size * room) / width) * 4) / 4;
    terminal.options.fontSize = Math.min(font.largest, Math.max(font.smallest, fitting));
  }
}

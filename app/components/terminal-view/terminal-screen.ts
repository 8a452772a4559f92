import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { type IDisposable, Terminal } from '@xterm/xterm';
import { WholeCharacters } from '#server/protocol/whole-characters.ts';
import { Disposables } from './disposables.ts';
import { hardenedOptions, openableLink, swallowHostileSequences } from './hostile-output.ts';
import { darkTheme, findColours, monospace } from './terminal-theme.ts';
import { WebglRenderer } from './webgl-renderer.ts';

export type ScreenOptions = {
  fontSize: number;
  screenReaderMode: boolean;
  scrollback: number;
  /** Never takes keys: for replay. */
  readOnly?: boolean;
  /** Called with http and https addresses only. Without it links are plain text. */
  onLink?: (url: URL) => void;
};

/** An xterm.js terminal as both the live view and the replay use it: hardened, with search, wide characters and WebGL. */
export class TerminalScreen implements IDisposable {
  readonly terminal: Terminal;
  readonly #search = new SearchAddon({ highlightLimit: 500 });
  readonly #owned = new Disposables();
  readonly #characters = new WholeCharacters();

  constructor(host: HTMLElement, options: ScreenOptions) {
    const { fontSize, screenReaderMode, scrollback, readOnly = false, onLink } = options;
    this.terminal = new Terminal({
      ...hardenedOptions,
      fontSize,
      screenReaderMode,
      scrollback,
      disableStdin: readOnly,
      cursorBlink: !readOnly,
      cursorInactiveStyle: readOnly ? 'block' : 'outline',
      fontFamily: monospace,
      theme: darkTheme,
      linkHandler: onLink
        ? { activate: (_, text) => followLink(text, onLink), allowNonHttpProtocols: false }
        : { activate: () => {} }, // `null` would bring xterm's own, which opens a window
    });
    this.#owned.add(this.terminal);
    swallowHostileSequences(this.terminal);
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.terminal.loadAddon(this.#search);
    if (onLink) this.terminal.loadAddon(new WebLinksAddon((_, text) => followLink(text, onLink)));
    this.terminal.open(host);
    // Replay keeps to the DOM renderer: its cells may be a fraction of a pixel wide, so that any screen fits any page.
    if (!readOnly) this.#owned.add(new WebglRenderer(this.terminal));
  }

  /** Output of the host, cut anywhere; `done` when it is parsed. */
  write(bytes: Uint8Array, done: () => void): void {
    this.terminal.write(this.#characters.push(bytes), done);
  }

  /** An empty terminal, once everything that was written before is parsed. */
  beginAgain(): void {
    this.#characters.reset();
    this.terminal.write('\x1bc');
  }

  /** An empty terminal, at once. */
  reset(): void {
    this.#characters.reset();
    this.terminal.reset();
  }

  find(text: string, direction: 'next' | 'previous', incremental = false): boolean {
    const options = { decorations: findColours, incremental };
    return direction === 'next' ? this.#search.findNext(text, options) : this.#search.findPrevious(text, options);
  }

  endFind(): void {
    this.#search.clearDecorations();
    this.terminal.clearSelection();
  }

  onFound(listener: (found: { index: number; count: number }) => void): IDisposable {
    return this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      listener({ index: resultIndex, count: resultCount }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

function followLink(text: string, onLink: (url: URL) => void): void {
  const url = openableLink(text);
  if (url) onLink(url);
}

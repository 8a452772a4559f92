import { WebglAddon } from '@xterm/addon-webgl';
import type { IDisposable, Terminal } from '@xterm/xterm';
import { Disposables, listen } from './disposables.ts';

/**
 * Draws with the graphics card while the tab is seen. Without WebGL 2, or when the context is lost, xterm's own DOM
 * renderer goes on. Browsers keep about 16 contexts alive, so a hidden tab gives its context back.
 */
export class WebglRenderer implements IDisposable {
  readonly #terminal: Terminal;
  readonly #owned = new Disposables();
  #addon: WebglAddon | undefined;
  #unusable = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#owned.add(listen(document, 'visibilitychange', () => this.#follow()));
    this.#follow();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#drop();
  }

  #follow(): void {
    if (document.visibilityState === 'hidden') this.#drop();
    else this.#take();
  }

  #take(): void {
    if (this.#addon || this.#unusable) return;
    const addon = new WebglAddon();
    try {
      addon.onContextLoss(() => {
        this.#unusable = true;
        this.#drop();
      });
      this.#terminal.loadAddon(addon);
      this.#addon = addon;
    } catch {
      this.#unusable = true; // no WebGL 2 here
      addon.dispose();
    }
  }

  #drop(): void {
    const canvases = [...(this.#terminal.element?.querySelectorAll('canvas') ?? [])];
    const contexts = this.#addon ? canvases.map((canvas) => canvas.getContext('webgl2')) : [];
    this.#addon?.dispose();
    this.#addon = undefined;
    // The add-on leaves its context to the garbage collector, which comes too late for the next terminal.
    for (const context of contexts) context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

import { WebglAddon } from '@xterm/addon-webgl';
import type { IDisposable, Terminal } from '@xterm/xterm';
import { Disposables, listen } from './disposables.ts';

/**
 * Draws with the graphics card while the tab is seen. Without fast WebGL 2, or when the context is lost, xterm's own DOM
 * renderer goes on. Browsers keep about 16 contexts alive, so a hidden tab gives its context back.
 */
export class WebglRenderer implements IDisposable {
  readonly #terminal: Terminal;
  readonly #owned = new Disposables();
  #addon: WebglAddon | undefined;
  #unusable = !hasFastWebgl();

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
      this.#unusable = true;
      addon.dispose();
    }
  }

  #drop(): void {
    const canvases = [...(this.#terminal.element?.querySelectorAll('canvas') ?? [])];
    const contexts = this.#addon ? canvases.map((canvas) => canvas.getContext('webgl2')) : [];
    this.#addon?.dispose();
    this.#addon = undefined;
    for (const context of contexts) loseContext(context);
  }
}

// Where the processor computes WebGL (no graphics card, remote desktops) the DOM renderer is faster.
const softwareRenderers = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function hasFastWebgl(): boolean {
  const probe = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!probe) return false;
  const info = probe.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(probe.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : probe.RENDERER));
  loseContext(probe);
  return !softwareRenderers.test(renderer);
}

// Otherwise a context waits for the garbage collector, which comes too late for the next terminal.
function loseContext(context: WebGL2RenderingContext | null): void {
  context?.getExtension('WEBGL_lose_context')?.loseContext();
}

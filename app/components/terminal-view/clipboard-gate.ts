import type { IDisposable } from '@xterm/xterm';
import { Disposables, listen } from './disposables.ts';

export type ClipboardPolicy = { allowCopy: boolean; allowPaste: boolean };

export type ClipboardEvents = {
  onPaste(text: string): void;
  /** Somebody tried what the policy forbids. */
  onRefused(what: 'copy' | 'paste'): void;
};

/**
 * Stands between the terminal and the clipboard. Refusing to copy is advisory: whoever sees the screen can photograph
 * it, and a browser has ways round a page. Refusing to paste is also enforced by the gateway, on paste frames.
 */
export class ClipboardGate implements IDisposable {
  policy: ClipboardPolicy = { allowCopy: false, allowPaste: false };
  readonly #events: ClipboardEvents;
  readonly #owned = new Disposables();

  constructor(host: EventTarget, events: ClipboardEvents) {
    this.#events = events;
    const early = { capture: true }; // before xterm's own listeners inside
    this.#owned.add(listen(host, 'copy', (event) => this.#outbound(event), early));
    this.#owned.add(listen(host, 'cut', (event) => this.#outbound(event), early));
    this.#owned.add(listen(host, 'contextmenu', (event) => this.#menu(event), early));
    this.#owned.add(listen(host, 'paste', (event) => this.#inbound(event, event.clipboardData), early));
    // Text dragged in is a paste under another name; dragged out, a copy.
    this.#owned.add(listen(host, 'drop', (event) => this.#inbound(event, event.dataTransfer), early));
    this.#owned.add(listen(host, 'dragstart', (event) => this.#outbound(event), early));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #outbound(event: Event): void {
    if (this.policy.allowCopy) return;
    stop(event);
    this.#events.onRefused('copy');
  }

  #menu(event: Event): void {
    if (!this.policy.allowCopy) stop(event);
  }

  #inbound(event: Event, data: DataTransfer | null): void {
    stop(event);
    const text = data?.getData('text/plain') ?? '';
    if (!this.policy.allowPaste) this.#events.onRefused('paste');
    else if (text) this.#events.onPaste(text);
  }
}

function stop(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

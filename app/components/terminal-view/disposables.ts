import type { IDisposable } from '@xterm/xterm';

/** Owns what is added and disposes it once, last in first out. What is added afterwards is disposed at once. */
export class Disposables implements IDisposable {
  readonly #owned: IDisposable[] = [];
  #disposed = false;

  add<T extends IDisposable>(owned: T): T {
    if (this.#disposed) owned.dispose();
    else this.#owned.push(owned);
    return owned;
  }

  dispose(): void {
    this.#disposed = true;
    for (let owned = this.#owned.pop(); owned; owned = this.#owned.pop()) owned.dispose();
  }
}

/** Listens until disposed. Typed by the target's own event map where the caller names the event. */
export function listen<K extends keyof HTMLElementEventMap>(
  target: EventTarget,
  type: K,
  listener: (event: HTMLElementEventMap[K]) => void,
  options?: AddEventListenerOptions,
): IDisposable;
export function listen(
  target: EventTarget,
  type: string,
  listener: (event: Event) => void,
  options?: AddEventListenerOptions,
): IDisposable;
export function listen(
  target: EventTarget,
  type: string,
  listener: (event: never) => void,
  options?: AddEventListenerOptions,
): IDisposable {
  const handler = listener as EventListener;
  target.addEventListener(type, handler, options);
  return { dispose: () => target.removeEventListener(type, handler, options) };
}

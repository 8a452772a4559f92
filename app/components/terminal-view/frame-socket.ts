import type { IDisposable } from '@xterm/xterm';
import { decodeServerFrame, encodePing, type ServerFrame } from '#server/protocol/terminal-frames.ts';
import { Disposables, listen } from './disposables.ts';

// The gateway answers every ping; after this many without a word from it the network is gone, whatever TCP still hopes.
const missesAllowed = 2;
// The number of the standard; the global class itself is not there where the tests run.
const openState = 1;
const usualPingMs = 15_000;

/** What of a WebSocket is used; so that a test may bring another implementation of the standard. */
export type ConnectionSocket = Pick<WebSocket, 'binaryType' | 'readyState' | 'send' | 'close'> & EventTarget;

export type FrameSocketEvents = {
  onOpen(): void;
  onFrame(frame: ServerFrame): void;
  /** It closed, or the network is gone, and nobody called `finish` before. Called at most once. */
  onLost(): void;
};

/** Frames to and from the gateway over one socket, with a pulse. After its end, whoever ended it, nothing more is sent or heard. */
export class FrameSocket implements IDisposable {
  readonly #socket: ConnectionSocket;
  readonly #events: FrameSocketEvents;
  readonly #pingMs: number;
  readonly #owned = new Disposables();
  #isOver = false;
  #misses = 0;

  constructor(socket: ConnectionSocket, events: FrameSocketEvents, pingMs = usualPingMs) {
    this.#socket = socket;
    this.#events = events;
    this.#pingMs = pingMs;
    socket.binaryType = 'arraybuffer';
    this.#owned.add(listen(socket, 'open', () => this.#opened()));
    this.#owned.add(listen(socket, 'message', (event) => this.#received((event as MessageEvent).data)));
    this.#owned.add(listen(socket, 'close', () => this.#lost()));
  }

  /** For a socket that may be open already, when the caller is ready to hear of it. */
  begin(): void {
    if (this.#socket.readyState === openState) this.#opened();
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOver && this.#socket.readyState === openState) this.#socket.send(frame);
  }

  /** The end, as the gateway told it. */
  finish(): void {
    this.#isOver = true;
    this.#owned.dispose();
  }

  dispose(): void {
    this.finish();
    this.#socket.close();
  }

  #opened(): void {
    this.#events.onOpen();
    const timer = setInterval(() => this.#ping(), this.#pingMs);
    this.#owned.add({ dispose: () => clearInterval(timer) });
  }

  #ping(): void {
    this.#misses += 1;
    if (this.#misses <= missesAllowed) {
      this.send(encodePing());
      return;
    }
    this.#lost();
    this.#socket.close();
  }

  #received(data: unknown): void {
    this.#misses = 0;
    if (this.#isOver || !(data instanceof ArrayBuffer)) return;
    const frame = decodeServerFrame(new Uint8Array(data));
    if (frame) this.#events.onFrame(frame);
  }

  #lost(): void {
    if (this.#isOver) return;
    this.finish();
    this.#events.onLost();
  }
}

import type { IDisposable } from '@xterm/xterm';
import {
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodePing,
  type ServerControl,
} from '#server/protocol/terminal-frames.ts';
import { AckCounter } from '../terminal-view/ack-counter.ts';
import { Disposables, listen } from '../terminal-view/disposables.ts';
import type { ConnectionSocket, TerminalSize } from '../terminal-view/terminal-connection.ts';

const usualPingMs = 15_000;
const missesAllowed = 2;
// The number of the standard; the global class itself is not there where the tests run.
const openState = 1;

export type WatchEnd = Extract<ServerControl, { type: 'ended' | 'dismissed' }>;

export type WatchEvents = {
  /** Everything shown so far goes: a screen of this size follows, and output after it. */
  onLook(size: TerminalSize): void;
  /** A part of the screen. `parsed` as for output. */
  onScreen(bytes: Uint8Array, parsed: () => void): void;
  /** `parsed` is called once when the screen has taken it in. */
  onOutput(bytes: Uint8Array, parsed: () => void): void;
  onSize(size: TerminalSize): void;
  onEnd(end: WatchEnd): void;
  /** The socket closed without an end before it. Called at most once. */
  onLost(): void;
};

/** Somebody who looks at a session, over one socket. Says nothing but how much it has shown, that it is there, and goodbye. */
export class WatchConnection implements IDisposable {
  readonly #socket: ConnectionSocket;
  readonly #events: WatchEvents;
  readonly #owned = new Disposables();
  #acks = new AckCounter(() => undefined);
  /** What is still to be shown of the last screen, and says that it is. */
  #screen = { missingBytes: 0, shown: () => {} };
  #isOver = false;
  #misses = 0;

  constructor(socket: ConnectionSocket, events: WatchEvents, pingMs = usualPingMs) {
    this.#socket = socket;
    this.#events = events;
    socket.binaryType = 'arraybuffer';
    this.#owned.add(listen(socket, 'message', (event) => this.#received((event as MessageEvent).data)));
    this.#owned.add(listen(socket, 'close', () => this.#lost()));
    this.#owned.add(listen(socket, 'open', () => this.#opened(pingMs)));
    if (socket.readyState === openState) this.#opened(pingMs);
  }

  dispose(): void {
    this.#send(encodeControl({ type: 'close' }));
    this.#finish();
    this.#socket.close();
  }

  #opened(pingMs: number): void {
    const timer = setInterval(() => this.#ping(), pingMs);
    this.#owned.add({ dispose: () => clearInterval(timer) });
  }

  #received(data: unknown): void {
    this.#misses = 0;
    if (this.#isOver || !(data instanceof ArrayBuffer)) return;
    const frame = decodeServerFrame(new Uint8Array(data));
    if (frame?.type === 'data') this.#output(frame.bytes);
    else if (frame?.type === 'screen') this.#screenPart(frame.bytes);
    else if (frame?.type === 'control') this.#control(frame.control);
  }

  #output(bytes: Uint8Array): void {
    const acks = this.#acks;
    acks.received(bytes.length);
    this.#events.onOutput(bytes, () => acks.parsed(bytes.length));
  }

  #screenPart(bytes: Uint8Array): void {
    const screen = this.#screen;
    this.#events.onScreen(bytes, () => {
      screen.missingBytes -= bytes.length;
      if (screen.missingBytes === 0) screen.shown();
    });
  }

  #control(control: ServerControl): void {
    if (control.type === 'look') {
      const { columns, rows, outputFrom, screenBytes } = control;
      this.#acks = new AckCounter((parsedBytes) => this.#send(encodeAck(parsedBytes)), outputFrom);
      this.#screen = { missingBytes: screenBytes, shown: () => this.#send(encodeAck(outputFrom)) };
      this.#events.onLook({ columns, rows });
      if (screenBytes === 0) this.#screen.shown();
    } else if (control.type === 'size') {
      this.#events.onSize({ columns: control.columns, rows: control.rows });
    } else if (control.type === 'ended' || control.type === 'dismissed') {
      this.#finish();
      this.#events.onEnd(control);
    }
  }

  #ping(): void {
    this.#misses += 1;
    if (this.#misses <= missesAllowed) {
      this.#send(encodePing());
      return;
    }
    this.#lost();
    this.#socket.close();
  }

  #lost(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#events.onLost();
  }

  #finish(): void {
    this.#isOver = true;
    this.#owned.dispose();
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOver && this.#socket.readyState === openState) this.#socket.send(frame);
  }
}

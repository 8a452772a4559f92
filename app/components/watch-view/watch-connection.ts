import type { IDisposable } from '@xterm/xterm';
import { encodeAck, encodeControl, type ServerControl, type ServerFrame } from '#server/protocol/terminal-frames.ts';
import { AckCounter } from '../terminal-view/ack-counter.ts';
import { type ConnectionSocket, FrameSocket } from '../terminal-view/frame-socket.ts';
import type { TerminalSize } from '../terminal-view/terminal-connection.ts';

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
  readonly #socket: FrameSocket;
  readonly #events: WatchEvents;
  #acks = new AckCounter(() => undefined);
  /** What is still to be shown of the last screen, and says that it is. */
  #screen = { missingBytes: 0, shown: () => {} };

  constructor(socket: ConnectionSocket, events: WatchEvents, pingMs?: number) {
    this.#events = events;
    const onFrame = (frame: ServerFrame) => this.#received(frame);
    this.#socket = new FrameSocket(socket, { onOpen: () => undefined, onFrame, onLost: () => events.onLost() }, pingMs);
    this.#socket.begin();
  }

  dispose(): void {
    this.#socket.send(encodeControl({ type: 'close' }));
    this.#socket.dispose();
  }

  #received(frame: ServerFrame): void {
    if (frame.type === 'data') this.#output(frame.bytes);
    else if (frame.type === 'screen') this.#screenPart(frame.bytes);
    else if (frame.type === 'control') this.#control(frame.control);
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
      this.#acks = new AckCounter((parsedBytes) => this.#socket.send(encodeAck(parsedBytes)), outputFrom);
      this.#screen = { missingBytes: screenBytes, shown: () => this.#socket.send(encodeAck(outputFrom)) };
      this.#events.onLook({ columns, rows });
      if (screenBytes === 0) this.#screen.shown();
    } else if (control.type === 'size') {
      this.#events.onSize({ columns: control.columns, rows: control.rows });
    } else if (control.type === 'ended' || control.type === 'dismissed') {
      this.#socket.finish();
      this.#events.onEnd(control);
    }
  }
}

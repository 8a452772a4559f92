import type { RawData, WebSocket } from 'ws';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeControl,
  encodePing,
  type ServerControl,
} from '../protocol/terminal-frames.ts';

export type TerminalSocketEvents = {
  onFrame(frame: ClientFrame): void;
  /** The browser is gone or was sent away; called once. */
  onGone(): void;
};

export type TerminalSocketTimes = { firstFrameMs: number; pingMs: number; goodbyeMs: number };

const usualTimes: TerminalSocketTimes = { firstFrameMs: 5_000, pingMs: 15_000, goodbyeMs: 5_000 };
const missesAllowed = 2;

/** WebSocket close codes (RFC 6455, 7.4.1). */
const closeCode = { normal: 1000, policyViolation: 1008 } as const;

/**
 * One browser at a terminal. Bytes become frames; the first must tell the size of the terminal within 5 s, and a
 * socket that says anything else, or nothing to two pings, is closed with a sentence. Never throws.
 */
export class TerminalSocket {
  readonly #socket: WebSocket;
  readonly #events: TerminalSocketEvents;
  readonly #times: TerminalSocketTimes;
  readonly #firstFrame: NodeJS.Timeout | undefined;
  readonly #pings: NodeJS.Timeout;
  #misses = 0;
  #hasSize: boolean;
  #isOver = false;

  /** `hasSize`: of somebody who only looks, no size is expected. */
  constructor(
    socket: WebSocket,
    events: TerminalSocketEvents,
    times: Partial<TerminalSocketTimes> = {},
    { hasSize = false }: { hasSize?: boolean } = {},
  ) {
    this.#hasSize = hasSize;
    this.#socket = socket;
    this.#events = events;
    this.#times = { ...usualTimes, ...times };
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('error', () => this.#onGone());
    socket.on('close', () => this.#onGone());
    const noSize = () => this.refuse('The size of the terminal was expected within 5 s.');
    this.#firstFrame = hasSize ? undefined : setTimeout(noSize, this.#times.firstFrameMs);
    this.#pings = setInterval(() => this.#ping(), this.#times.pingMs);
  }

  /** Bytes that wait in this process for the network. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a frame that the caller does not touch again; `onSent` when it has left this process, or never will. */
  send(frame: Uint8Array, onSent?: () => void): void {
    if (!this.#isOver) this.#socket.send(frame, onSent && (() => onSent()));
  }

  tell(control: ServerControl): void {
    this.send(encodeControl(control));
  }

  /** Closes the socket of a browser that does not keep to the protocol. */
  refuse(sentence: string): void {
    this.#leave(closeCode.policyViolation, sentence);
  }

  /** Closes the socket in good order, after everything that was sent. */
  close(): void {
    this.#leave(closeCode.normal, '');
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    this.#heard();
    const frame = isBinary && data instanceof Uint8Array ? decodeClientFrame(data) : undefined;
    if (!frame) this.refuse('This is not a terminal frame.');
    else if (!this.#hasSize && frame.type !== 'resize') this.refuse('The size of the terminal must come first.');
    else if (frame.type === 'ping') this.send(encodePing());
    else this.#pass(frame);
  }

  #pass(frame: ClientFrame): void {
    this.#hasSize = true;
    clearTimeout(this.#firstFrame);
    this.#events.onFrame(frame);
  }

  #heard(): void {
    this.#misses = 0;
  }

  #ping(): void {
    this.#misses += 1;
    if (this.#misses > missesAllowed) this.#socket.terminate();
    else this.#socket.ping(() => undefined); // The callback takes the error of a socket that is just closing.
  }

  #leave(code: number, sentence: string): void {
    if (this.#isOver) return;
    this.#socket.close(code, sentence);
    const patience = setTimeout(() => this.#socket.terminate(), this.#times.goodbyeMs);
    this.#socket.once('close', () => clearTimeout(patience));
    this.#onGone();
  }

  #onGone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#firstFrame);
    clearInterval(this.#pings);
    this.#events.onGone();
  }
}

import type { IDisposable } from '@xterm/xterm';
import {
  type ClientControl,
  encodeAck,
  encodeControl,
  encodeData,
  encodePaste,
  encodeResize,
  type ServerControl,
  type ServerFrame,
  terminalLimits,
  terminalSubprotocol,
  ticketSubprotocolPrefix,
} from '#server/protocol/terminal-frames.ts';
import { AckCounter } from './ack-counter.ts';
import { type ConnectionSocket, FrameSocket } from './frame-socket.ts';
import type { SentInput } from './input-log.ts';

export type TerminalSize = { columns: number; rows: number };

/** The session as it was left: what the screen shows of its output, if it still shows it, and what was typed. */
export type Comeback = { parsedBytes: number | null };

export type ConnectionEvents = {
  /** A part of the screen as it is, for an emptied terminal: no output, and not acknowledged. */
  onScreen(bytes: Uint8Array): void;
  /** So much input was taken since the session opened. */
  onTaken(inputBytes: number): void;
  /** Output of the host. `parsed` is called once when the screen has taken it in; until then it counts as unacknowledged. */
  onOutput(bytes: Uint8Array, parsed: () => void): void;
  onControl(control: ServerControl): void;
  /** The socket closed without an `ended` before it. Called at most once, and never after `ended`. */
  onLost(): void;
};

/** Opens the socket of a session. The ticket travels as a subprotocol, so that it is in no URL, log or history. */
export function openTerminalSocket(url: string, ticket: string): WebSocket {
  return new WebSocket(url, [terminalSubprotocol, ticketSubprotocolPrefix + ticket]);
}

/** One live terminal session over its socket. After its end, whoever ended it, nothing more is sent. */
export class TerminalConnection implements IDisposable {
  readonly #socket: FrameSocket;
  readonly #events: ConnectionEvents;
  readonly #comeback: Comeback | undefined;
  #acks = this.#counter(0);
  #size: TerminalSize;

  constructor(
    socket: ConnectionSocket,
    size: TerminalSize,
    events: ConnectionEvents,
    { comeback, pingMs }: { comeback?: Comeback; pingMs?: number } = {},
  ) {
    this.#comeback = comeback;
    this.#size = clampSize(size);
    this.#events = events;
    const onFrame = (frame: ServerFrame) => this.#received(frame);
    this.#socket = new FrameSocket(
      socket,
      { onOpen: () => this.#opened(), onFrame, onLost: () => events.onLost() },
      pingMs,
    );
    this.#socket.begin();
  }

  /** At most `maxBodyBytes`, as they were counted. */
  sendInput({ kind, bytes }: SentInput): void {
    const chunk = Uint8Array.from(bytes);
    this.#socket.send(kind === 'paste' ? encodePaste(chunk) : encodeData(chunk));
  }

  resize(size: TerminalSize): void {
    const next = clampSize(size);
    const changed = next.columns !== this.#size.columns || next.rows !== this.#size.rows;
    this.#size = next;
    if (changed) this.#socket.send(encodeResize(next.columns, next.rows));
  }

  say(control: ClientControl): void {
    this.#socket.send(encodeControl(control));
  }

  /** Leaves without a word, as a closed tab does. */
  dispose(): void {
    this.#socket.dispose();
  }

  #opened(): void {
    this.#socket.send(encodeResize(this.#size.columns, this.#size.rows)); // the gateway opens the terminal at this size
    if (this.#comeback) this.say({ type: 'attach', ...this.#comeback });
  }

  #received(frame: ServerFrame): void {
    if (frame.type === 'data') this.#output(frame.bytes);
    else if (frame.type === 'control') this.#control(frame.control);
    else if (frame.type === 'screen') this.#events.onScreen(frame.bytes);
    else if (frame.type === 'taken') this.#events.onTaken(frame.inputBytes);
  }

  #counter(fromBytes: number): AckCounter {
    return new AckCounter((parsedBytes) => this.#socket.send(encodeAck(parsedBytes)), fromBytes);
  }

  #output(bytes: Uint8Array): void {
    const acks = this.#acks;
    acks.received(bytes.length);
    this.#events.onOutput(bytes, () => acks.parsed(bytes.length));
  }

  #control(control: ServerControl): void {
    if (control.type === 'ended' || control.type === 'detached') this.#socket.finish();
    if (control.type === 'attached') this.#acks = this.#counter(control.outputFrom);
    this.#events.onControl(control);
  }
}

export function clampSize({ columns, rows }: TerminalSize): TerminalSize {
  const { minColumns, maxColumns, minRows, maxRows } = terminalLimits;
  return {
    columns: Math.min(maxColumns, Math.max(minColumns, Math.floor(columns))),
    rows: Math.min(maxRows, Math.max(minRows, Math.floor(rows))),
  };
}

import type { IDisposable } from '@xterm/xterm';
import {
  type ClientControl,
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeData,
  encodePaste,
  encodePing,
  encodeResize,
  type ServerControl,
  terminalLimits,
  terminalSubprotocol,
  ticketSubprotocolPrefix,
} from '#server/protocol/terminal-frames.ts';
import { AckCounter } from './ack-counter.ts';
import { Disposables, listen } from './disposables.ts';
import type { SentInput } from './input-log.ts';

const usualPingMs = 15_000;
// The gateway answers every ping; after this many without a word from it the network is gone, whatever TCP still hopes.
const missesAllowed = 2;

export type TerminalSize = { columns: number; rows: number };

/** What of a WebSocket is used; so that a test may bring another implementation of the standard. */
export type ConnectionSocket = Pick<WebSocket, 'binaryType' | 'readyState' | 'send' | 'close'> & EventTarget;

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
  readonly #socket: ConnectionSocket;
  readonly #events: ConnectionEvents;
  readonly #pingMs: number;
  readonly #owned = new Disposables();
  readonly #comeback: Comeback | undefined;
  #acks = this.#counter(0);
  #size: TerminalSize;
  #over = false;
  #misses = 0;

  constructor(
    socket: ConnectionSocket,
    size: TerminalSize,
    events: ConnectionEvents,
    { comeback, pingMs = usualPingMs }: { comeback?: Comeback; pingMs?: number } = {},
  ) {
    this.#comeback = comeback;
    this.#socket = socket;
    this.#pingMs = pingMs;
    this.#size = clampSize(size);
    this.#events = events;
    socket.binaryType = 'arraybuffer';
    this.#owned.add(listen(socket, 'open', () => this.#opened()));
    this.#owned.add(listen(socket, 'message', (event) => this.#received((event as MessageEvent).data)));
    this.#owned.add(listen(socket, 'close', () => this.#lost()));
    if (socket.readyState === WebSocketState.open) this.#opened();
  }

  /** At most `maxBodyBytes`, as they were counted. */
  sendInput({ kind, bytes }: SentInput): void {
    const chunk = Uint8Array.from(bytes);
    this.#send(kind === 'paste' ? encodePaste(chunk) : encodeData(chunk));
  }

  resize(size: TerminalSize): void {
    const next = clampSize(size);
    const changed = next.columns !== this.#size.columns || next.rows !== this.#size.rows;
    this.#size = next;
    if (changed) this.#send(encodeResize(next.columns, next.rows));
  }

  say(control: ClientControl): void {
    this.#send(encodeControl(control));
  }

  /** Leaves without a word, as a closed tab does. */
  dispose(): void {
    this.#finish();
    this.#socket.close();
  }

  #opened(): void {
    this.#send(encodeResize(this.#size.columns, this.#size.rows)); // the gateway opens the terminal at this size
    if (this.#comeback) this.say({ type: 'attach', ...this.#comeback });
    const timer = setInterval(() => this.#ping(), this.#pingMs);
    this.#owned.add({ dispose: () => clearInterval(timer) });
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

  #received(data: unknown): void {
    this.#misses = 0;
    if (this.#over || !(data instanceof ArrayBuffer)) return;
    const frame = decodeServerFrame(new Uint8Array(data));
    if (frame?.type === 'data') this.#output(frame.bytes);
    else if (frame?.type === 'control') this.#control(frame.control);
    else if (frame?.type === 'screen') this.#events.onScreen(frame.bytes);
    else if (frame?.type === 'taken') this.#events.onTaken(frame.inputBytes);
  }

  #counter(fromBytes: number): AckCounter {
    return new AckCounter((parsedBytes) => this.#send(encodeAck(parsedBytes)), fromBytes);
  }

  #output(bytes: Uint8Array): void {
    const acks = this.#acks;
    acks.received(bytes.length);
    this.#events.onOutput(bytes, () => acks.parsed(bytes.length));
  }

  #control(control: ServerControl): void {
    if (control.type === 'ended' || control.type === 'detached') this.#finish();
    if (control.type === 'attached') this.#acks = this.#counter(control.outputFrom);
    this.#events.onControl(control);
  }

  #lost(): void {
    if (this.#over) return;
    this.#finish();
    this.#events.onLost();
  }

  #finish(): void {
    this.#over = true;
    this.#owned.dispose();
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#over && this.#socket.readyState === WebSocketState.open) this.#socket.send(frame);
  }
}

// The numbers of the standard; the global class itself is not there where the tests run.
const WebSocketState = { open: 1 } as const;

export function clampSize({ columns, rows }: TerminalSize): TerminalSize {
  const { minColumns, maxColumns, minRows, maxRows } = terminalLimits;
  return {
    columns: Math.min(maxColumns, Math.max(minColumns, Math.floor(columns))),
    rows: Math.min(maxRows, Math.max(minRows, Math.floor(rows))),
  };
}

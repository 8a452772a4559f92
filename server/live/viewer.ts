import type { WebSocket } from 'ws';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import type { ClientFrame, ServerControl } from '../protocol/terminal-frames.ts';
import type { ScreenSnapshot } from '../recording/screens.ts';
import { TerminalSocket, type TerminalSocketTimes } from './terminal-socket.ts';

export type ViewerEvents = {
  /** It has taken all it was sent, or nearly, and waits for the screen as it is. */
  onWaiting(): void;
  /** Called once, whoever closed it. */
  onGone(): void;
};

/** More than this is not kept for anybody who only looks: what comes then is left out, and a new screen follows. */
const mostAheadBytes = 256 * 1024;
const readyBelowBytes = 32 * 1024;

/**
 * One browser that looks at a session. It may acknowledge, ping and close, and nothing else that it says is heard. What
 * it does not read in time is dropped, never waited for.
 */
export class Viewer {
  readonly view: AuthorizedView;
  isGone = false;
  readonly #socket: TerminalSocket;
  readonly #events: ViewerEvents;
  /** Offsets of output: sent since the last screen, told to be parsed, and the furthest that was ever sent. */
  #sent = 0;
  #acked = 0;
  #furthest = 0;
  /** Where the last screen ends. */
  #shownFrom = 0;
  /** A large screen takes its time, and is no reason for another one. */
  #screenBytes = 0;
  /** What the network has swallowed is not shown yet: only what the browser says counts. */
  #hasScreen = true;
  /** `behind`: has more than it takes; `waiting`: for the screen; `live`: shows all that was sent so far. */
  #state: 'behind' | 'waiting' | 'live' = 'waiting';

  constructor(socket: WebSocket, view: AuthorizedView, events: ViewerEvents, times?: Partial<TerminalSocketTimes>) {
    this.view = view;
    this.#events = events;
    const socketEvents = { onFrame: (frame: ClientFrame) => this.#onFrame(frame), onGone: () => this.#onGone() };
    this.#socket = new TerminalSocket(socket, socketEvents, times, { hasSize: true });
  }

  get isLive(): boolean {
    return this.#state === 'live' && !this.isGone;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting' && !this.isGone;
  }

  /** The screen as it is, in the frames that everybody gets; output from its offset on follows. */
  show({ columns, rows, offset, restore }: ScreenSnapshot, frames: readonly Uint8Array[]): void {
    this.#sent = offset;
    this.#acked = offset;
    this.#furthest = Math.max(this.#furthest, offset);
    this.#state = 'live';
    this.#screenBytes = restore.length;
    this.#shownFrom = offset;
    this.#hasScreen = false;
    this.tell({ type: 'look', columns, rows, outputFrom: offset, screenBytes: restore.length });
    for (const frame of frames) this.#send(frame);
  }

  /** A frame of so many bytes of output, if it still follows what this one shows. */
  output(frame: Uint8Array, bytes: number): void {
    if (!this.isLive) return;
    this.#sent += bytes;
    this.#furthest = Math.max(this.#furthest, this.#sent);
    this.#send(frame);
    if (this.#aheadBytes() > mostAheadBytes + this.#screenBytes) this.fallBehind();
  }

  /** Shows no more until it has caught up. */
  fallBehind(): void {
    this.#state = 'behind';
    this.#review();
  }

  tell(control: ServerControl): void {
    this.#socket.tell(control);
  }

  /** Sends it away with a sentence. */
  dismiss(text: string): void {
    this.close({ type: 'dismissed', text });
  }

  close(last: ServerControl): void {
    this.tell(last);
    this.#socket.close();
  }

  #onFrame(frame: ClientFrame): void {
    if (frame.type === 'control' && frame.control.type === 'close') this.#socket.close();
    else if (frame.type !== 'ack') this.#socket.refuse('Whoever looks may only look.');
    else if (frame.parsedBytes > this.#furthest) this.#socket.refuse('More was acknowledged than was sent.');
    else this.#onAck(frame.parsedBytes);
  }

  // One about what came before the last screen may still be on its way.
  #onAck(parsedBytes: number): void {
    if (parsedBytes >= this.#shownFrom) this.#hasScreen = true;
    this.#acked = Math.max(this.#acked, Math.min(parsedBytes, this.#sent));
    this.#review();
  }

  #send(frame: Uint8Array): void {
    this.#socket.send(frame, () => this.#review());
  }

  #aheadBytes(): number {
    return Math.max(this.#sent - this.#acked, this.#socket.bufferedBytes);
  }

  #review(): void {
    if (this.#state !== 'behind' || this.isGone) return;
    if (!this.#hasScreen || this.#aheadBytes() > readyBelowBytes) return;
    this.#state = 'waiting';
    this.#events.onWaiting();
  }

  #onGone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#events.onGone();
  }
}

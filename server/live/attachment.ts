import type { WebSocket } from 'ws';
import { type ClientFrame, encodeScreen, encodeTaken, type ServerControl } from '../protocol/terminal-frames.ts';
import { FlowControl } from './flow-control.ts';
import { OutputCoalescer } from './output-coalescer.ts';
import { TerminalSocket, type TerminalSocketTimes } from './terminal-socket.ts';

export type AttachmentEvents = {
  /** Everything but acknowledgements and pings. */
  onFrame(frame: ClientFrame): void;
  /** The browser has more than it can take, or has caught up. */
  onBehind(isBehind: boolean): void;
  /** Called once, whoever closed it. */
  onGone(): void;
};

/** Frames sent while this much waits for the network tell when they have left. */
const watchAboveBytes = 64 * 1024;
const screenFrameBytes = 64 * 1024;
const tellTakenMs = 250;

/**
 * One browser of the person at a session: what it is sent, what it has acknowledged, and how far the session has taken
 * its keys. A session may see several of them, one after the other.
 */
export class Attachment {
  isGone = false;
  readonly #socket: TerminalSocket;
  readonly #events: AttachmentEvents;
  readonly #coalescer = new OutputCoalescer((...sent) => this.#sendOutput(...sent));
  #flow = new FlowControl();
  #isBehind = false;
  #takenBytes = 0;
  #takenTimer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, events: AttachmentEvents, times?: Partial<TerminalSocketTimes>) {
    this.#events = events;
    const socketEvents = {
      onFrame: (frame: ClientFrame) => this.#onFrame(frame),
      onGone: () => this.#onGone(),
    };
    this.#socket = new TerminalSocket(socket, socketEvents, times);
  }

  tell(control: ServerControl): void {
    this.#socket.tell(control);
  }

  /** The screen as it is, for a browser that shows nothing yet or something else; `from` is the output that follows. */
  begin(from: number, screen: Uint8Array): void {
    this.#flow = new FlowControl(from);
    for (let at = 0; at < screen.length; at += screenFrameBytes) {
      this.#socket.send(encodeScreen(screen.subarray(at, at + screenFrameBytes)));
    }
  }

  output(bytes: Uint8Array): void {
    this.#coalescer.add(bytes);
  }

  /** So much input was taken since the session opened. Told now and then: it is for a browser that gets lost. */
  taken(inputBytes: number): void {
    this.#takenBytes = inputBytes;
    this.#takenTimer ??= setTimeout(() => {
      this.#takenTimer = undefined;
      this.#socket.send(encodeTaken(this.#takenBytes));
    }, tellTakenMs);
  }

  /** Sends what was gathered. */
  flush(): void {
    this.#coalescer.flush();
  }

  /** Sends no more output, and closes after what was sent. */
  close(): void {
    this.#stop();
    this.#socket.close();
  }

  refuse(sentence: string): void {
    this.#stop();
    this.#socket.refuse(sentence);
  }

  #onFrame(frame: ClientFrame): void {
    if (frame.type === 'ack') this.#onAck(frame.parsedBytes);
    else if (frame.type !== 'ping') this.#events.onFrame(frame);
  }

  #onAck(parsedBytes: number): void {
    if (!this.#flow.acked(parsedBytes)) this.refuse('More was acknowledged than was sent.');
    else if (this.#isBehind) this.#review();
  }

  #sendOutput(frame: Buffer, bytes: number, onSent: (() => void) | undefined): void {
    this.#flow.sent(bytes);
    const isFull = this.#socket.bufferedBytes > watchAboveBytes;
    const review = () => {
      onSent?.();
      this.#review();
    };
    this.#socket.send(frame, isFull ? review : onSent);
    this.#review();
  }

  #review(): void {
    if (this.isGone) return;
    const isBehind = this.#flow.mustWait(this.#socket.bufferedBytes);
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    this.#events.onBehind(isBehind);
  }

  #onGone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#stop();
    this.#events.onGone();
  }

  #stop(): void {
    this.#coalescer.stop();
    clearTimeout(this.#takenTimer);
    this.#takenTimer = undefined;
  }
}

import type { IDisposable } from '@xterm/xterm';
import type { ClientControl, ServerControl } from '#server/protocol/terminal-frames.ts';
import { Disposables, listen } from './disposables.ts';
import type { ConnectionSocket } from './frame-socket.ts';
import { InputLog, type SentInput } from './input-log.ts';
import { inChunks, maxBodyBytes } from './paste-text.ts';
import { retryDelayMs } from './retry-times.ts';
import { TerminalConnection, type TerminalSize } from './terminal-connection.ts';

/** `isFinal: false`: nobody answered, which may be different in a moment. */
export type Ticket =
  | { ok: true; ticket: string; purpose: 'open' | 'attach' }
  | { ok: false; sentence: string; isFinal: boolean };

export type LinkOptions = {
  getTicket(): Promise<Ticket>;
  openSocket(ticket: string): ConnectionSocket;
  size(): TerminalSize;
  /** Tells when the network is back, so that nobody waits for the next try. */
  network: EventTarget;
};

export type LinkEvents = {
  onOutput(bytes: Uint8Array, parsed: () => void): void;
  /** Everything shown so far goes, and the screen as it is follows. */
  onScreenBegins(): void;
  onScreen(bytes: Uint8Array): void;
  onControl(control: ServerControl): void;
  /** The connection is lost and being made again, until then. */
  onReconnecting(untilMs: number): void;
  /** Called once, when there will be no connection any more and no `ended` came. */
  onOver(why: { type: 'refused'; sentence: string } | { type: 'lost' }): void;
};

/** A session as its browser has it: one connection after the other, with everything typed sent once. */
export class SessionLink implements IDisposable {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #owned = new Disposables();
  readonly #input = new InputLog();
  #connection: TerminalConnection | undefined;
  #graceMs = 0;
  /** Output that was received since the session opened, all of which is shown or about to be; `null`: not from the beginning. */
  #receivedBytes: number | null = null;
  #untilMs: number | undefined;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  /** Keys may be sent: the session knows what this browser shows. Until then they are only kept. */
  #isReady = false;
  #isOver = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#owned.add(listen(options.network, 'online', () => this.#tryNow()));
  }

  /** Gets a ticket and connects with it. Everything that goes wrong arrives as an event. */
  async connect(): Promise<void> {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    const answer = await this.#options.getTicket();
    this.#isAsking = false;
    if (this.#isOver) return; // left while waiting
    if (answer.ok) this.#open(answer.ticket, answer.purpose);
    else if (answer.isFinal || this.#untilMs === undefined) this.#end({ type: 'refused', sentence: answer.sentence });
    else this.#tryLater();
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether the session ends when this browser goes. */
  get endsWithBrowser(): boolean {
    return this.#graceMs === 0;
  }

  sendKeys(text: string): void {
    this.#send('data', new TextEncoder().encode(text));
  }

  /** Reports that are not UTF-8 (legacy mouse encodings), one byte per character. */
  sendBinary(text: string): void {
    this.#send(
      'data',
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  }

  sendPaste(bytes: Uint8Array): void {
    this.#send('paste', bytes);
  }

  resize(size: TerminalSize): void {
    this.#connection?.resize(size);
  }

  say(control: ClientControl): void {
    this.#connection?.say(control);
  }

  dispose(): void {
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#owned.dispose();
    this.#connection?.dispose();
  }

  #send(kind: SentInput['kind'], bytes: Uint8Array): void {
    if (this.#isOver) return;
    for (const chunk of inChunks(bytes, maxBodyBytes)) {
      const input = { kind, bytes: chunk };
      this.#input.add(input);
      if (this.#isReady) this.#connection?.sendInput(input);
    }
  }

  #open(ticket: string, purpose: 'open' | 'attach'): void {
    const events = {
      onOutput: (bytes: Uint8Array, parsed: () => void) => {
        if (this.#receivedBytes !== null) this.#receivedBytes += bytes.length;
        this.#events.onOutput(bytes, parsed);
      },
      onScreen: (bytes: Uint8Array) => this.#events.onScreen(bytes),
      onTaken: (inputBytes: number) => this.#input.taken(inputBytes),
      onControl: (control: ServerControl) => this.#control(control),
      onLost: () => this.#lost(),
    };
    const comeback = purpose === 'attach' ? { parsedBytes: this.#receivedBytes } : undefined;
    this.#isReady = purpose === 'open';
    if (purpose === 'open') this.#receivedBytes = 0;
    const socket = this.#options.openSocket(ticket);
    this.#connection = new TerminalConnection(socket, this.#options.size(), events, { comeback });
  }

  #control(control: ServerControl): void {
    if (control.type === 'opened') this.#graceMs = control.graceSeconds * 1000;
    if (control.type === 'attached') this.#attached(control);
    if (control.type === 'ended' || control.type === 'detached') this.#isOver = true;
    this.#events.onControl(control);
  }

  #attached({ screenBytes, outputFrom, inputTaken }: Extract<ServerControl, { type: 'attached' }>): void {
    const isNewPage = this.#receivedBytes === null;
    if (screenBytes > 0) this.#events.onScreenBegins();
    this.#receivedBytes = outputFrom;
    this.#untilMs = undefined;
    this.#tries = 0;
    if (isNewPage) {
      const early = [...this.#input.rest]; // typed before the session answered
      this.#input.begin(inputTaken);
      for (const input of early) this.#input.add(input);
    } else {
      this.#input.taken(inputTaken);
    }
    this.#isReady = true;
    for (const input of this.#input.rest) this.#connection?.sendInput(input);
  }

  #lost(): void {
    this.#connection = undefined;
    const nowMs = Date.now();
    if (this.#graceMs > 0) this.#untilMs ??= nowMs + this.#graceMs;
    if (this.#untilMs === undefined || nowMs > this.#untilMs) {
      this.#end({ type: 'lost' });
      return;
    }
    this.#events.onReconnecting(this.#untilMs);
    this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    if (this.#untilMs !== undefined && Date.now() > this.#untilMs) {
      this.#end({ type: 'lost' });
      return;
    }
    this.#retry = setTimeout(() => void this.connect(), retryDelayMs(this.#tries));
    this.#tries += 1;
  }

  #tryNow(): void {
    if (this.#untilMs === undefined || this.#connection) return;
    clearTimeout(this.#retry);
    this.#tries = 0;
    void this.connect();
  }

  #end(why: { type: 'refused'; sentence: string } | { type: 'lost' }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#retry);
    this.#events.onOver(why);
  }
}

import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import {
  decodeServerFrame,
  encodeAck,
  encodeControl,
  encodeData,
  encodePaste,
  encodeResize,
  type ServerControl,
} from '../../protocol/terminal-frames.ts';

export type Hello = { columns?: number; rows?: number; parsedBytes?: number | null };
export type Closed = { code: number; reason: string };
type ControlOf<T extends ServerControl['type']> = Extract<ServerControl, { type: T }>;

/** A browser at a terminal: the frames of the real one, over a real WebSocket, and everything that came. */
export class Browser {
  readonly socket: WebSocket;
  readonly controls: ServerControl[] = [];
  readonly closed: Promise<Closed>;
  /** Acknowledge what was received, as a quick browser does. */
  acks = true;
  receivedBytes = 0;
  /** Chunks of output that ended inside a character of UTF-8. */
  splitCharacters = 0;
  readonly #arrivals: { atMs: number; bytes: number }[] = [];
  readonly #chunks: Uint8Array[] = [];
  readonly #screen: Uint8Array[] = [];
  /** Bytes of input that the session told it has taken. */
  takenBytes = 0;
  #outputFrom = 0;
  #screenMissing = -1;
  #searched = '';
  #waiting: { check: () => boolean; resolve: () => void }[] = [];

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => this.#onFrame(data));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Connects and says how large its terminal is. */
  static async open(url: string, columns = 80, rows = 24): Promise<Browser> {
    const browser = new Browser(url);
    await browser.opened();
    browser.resize(columns, rows);
    return browser;
  }

  async opened(): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
  }

  resize(columns: number, rows: number): void {
    this.socket.send(encodeResize(columns, rows));
  }

  type(text: string): void {
    this.socket.send(encodeData(new TextEncoder().encode(text)));
  }

  paste(text: string): void {
    this.socket.send(encodePaste(new TextEncoder().encode(text)));
  }

  /** Counted from the beginning of the session. */
  ack(bytes = this.#outputFrom + this.receivedBytes): void {
    this.socket.send(encodeAck(bytes));
  }

  approveHostKey(approve: boolean): void {
    this.socket.send(encodeControl({ type: 'host-key', approve }));
  }

  close(): void {
    this.socket.send(encodeControl({ type: 'close' }));
  }

  /** Connects to a session that runs, and says what it shows of it. */
  static async back(url: string, { columns = 80, rows = 24, parsedBytes = null }: Hello): Promise<Browser> {
    const browser = new Browser(url);
    await browser.opened();
    browser.resize(columns, rows);
    browser.socket.send(encodeControl({ type: 'attach', parsedBytes }));
    return browser;
  }

  /** Leaves without a word. */
  leave(): void {
    this.socket.terminate();
  }

  /** Frames of the screen that came at the beginning. */
  screen(): Buffer {
    return Buffer.concat(this.#screen);
  }

  /** All output so far. */
  output(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Bytes of output that had come before this moment of `performance.now()`. */
  receivedBefore(atMs: number): number {
    return this.#arrivals.findLast((arrival) => arrival.atMs < atMs)?.bytes ?? 0;
  }

  /** Resolves when the output since the last call contains `text`. */
  saw(text: string): Promise<void> {
    return this.#until(() => {
      const at = this.#searched.indexOf(text);
      if (at < 0) return false;
      this.#searched = this.#searched.slice(at + text.length);
      return true;
    });
  }

  async received(bytes: number): Promise<void> {
    await this.#until(() => this.receivedBytes >= bytes);
  }

  /** The first control of this type, as soon as it is there. */
  async control<T extends ServerControl['type']>(type: T): Promise<ControlOf<T>> {
    const find = () => this.controls.find((control): control is ControlOf<T> => control.type === type);
    await this.#until(() => find() !== undefined);
    return find() as ControlOf<T>;
  }

  ended(): Promise<ControlOf<'ended'>> {
    return this.control('ended');
  }

  // What is shown begins again.
  #beginLook({ outputFrom, screenBytes }: ControlOf<'look'>): void {
    this.#outputFrom = outputFrom;
    this.#screenMissing = screenBytes;
    this.receivedBytes = 0;
    this.#chunks.length = 0;
    this.#screen.length = 0;
    this.#ackScreen(0);
  }

  #ackScreen(bytes: number): void {
    if (this.#screenMissing < 0) return; // One that was shown to a browser that came back.
    this.#screenMissing -= bytes;
    if (this.acks && this.#screenMissing === 0) this.ack();
  }

  #until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ check, resolve });
      this.#look();
    });
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ check, resolve }) => {
      if (!check()) return true;
      resolve();
      return false;
    });
  }

  #onFrame(data: Buffer): void {
    const frame = decodeServerFrame(data);
    if (frame?.type === 'control') this.controls.push(frame.control);
    if (frame?.type === 'control' && frame.control.type === 'attached') this.#outputFrom = frame.control.outputFrom;
    if (frame?.type === 'control' && frame.control.type === 'look') this.#beginLook(frame.control);
    if (frame?.type === 'screen') {
      this.#screen.push(frame.bytes);
      this.#ackScreen(frame.bytes.length);
    }
    if (frame?.type === 'taken') this.takenBytes = frame.inputBytes;
    if (frame?.type === 'data') {
      this.#chunks.push(frame.bytes);
      this.receivedBytes += frame.bytes.length;
      this.#arrivals.push({ atMs: performance.now(), bytes: this.receivedBytes });
      if (endsInsideCharacter(frame.bytes)) this.splitCharacters += 1;
      this.#searched = (this.#searched + Buffer.from(frame.bytes).toString('latin1')).slice(-64 * 1024);
      if (this.acks) this.ack();
    }
    this.#look();
  }
}

function endsInsideCharacter(bytes: Uint8Array): boolean {
  const begin = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const lead = bytes[begin] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return begin >= 0 && bytes.length - begin < length;
}

import headless from '@xterm/headless';
import { AckCounter } from '../app/components/terminal-view/ack-counter.ts';
import type { SessionId } from '../server/ids.ts';
import { type Subject, size, type Wire } from './subjects/subject.ts';

type Mark = { text: Buffer; arrived(): void; parsed(): void };

/** How fast a terminal without a screen reads: about as fast as a browser parses, and without its work for us. */
const readEveryMs = 5;
const readBytes = 125_000;

/**
 * A terminal at a subject, with the parser that browsers have. Output is acknowledged when it was parsed; a terminal
 * that nobody looks at (`screen: false`) takes in 25 MB/s, the same at every subject.
 */
export class Terminal {
  readonly #screen: headless.Terminal | undefined;
  readonly #acks = new AckCounter((parsedBytes) => this.#wire?.acknowledge(parsedBytes));
  #wire: Wire | undefined;
  #awaited: Mark | undefined;
  #tail: Buffer = Buffer.alloc(0);
  #marks = 0;
  #unreadBytes = 0;
  #reading: NodeJS.Timeout | undefined;

  static async open(subject: Subject, { screen = true } = {}): Promise<Terminal> {
    const terminal = new Terminal(screen);
    terminal.#wire = await subject.open((bytes) => terminal.#onOutput(bytes));
    return terminal;
  }

  private constructor(screen: boolean) {
    const { columns: cols, rows } = size;
    this.#screen = screen ? new headless.Terminal({ cols, rows }) : undefined;
  }

  /** The session behind it, at ours. */
  get sessionId(): SessionId {
    const id = this.#wire?.sessionId;
    if (!id) throw new Error('Only ours has sessions.');
    return id;
  }

  type(keys: string): void {
    this.#wire?.send(Buffer.from(keys));
  }

  /** Runs a command of the shell; resolves when all its output was parsed. One at a time. */
  async run(command: string): Promise<void> {
    this.#marks += 1;
    // What the shell echoes of the command is not what the command prints.
    const done = this.#await(`done-${this.#marks}-`);
    this.type(`${command}; printf 'done-%s-' ${this.#marks}\r`);
    await done.parsed;
  }

  /** From here on, each key comes back by itself and nothing else does; ^C does not end it. */
  async startEcho(): Promise<void> {
    await this.run('PS1=; stty raw -echo');
    const ready = this.#await('!');
    this.type("printf '\\041'; exec cat\n");
    await ready.parsed;
  }

  /** Milliseconds until this key is back at the socket. */
  async echo(key: string): Promise<number> {
    const back = this.#await(key);
    const startedAt = performance.now();
    this.type(key);
    await back.arrived;
    return performance.now() - startedAt;
  }

  async close(): Promise<void> {
    clearTimeout(this.#reading);
    await this.#wire?.close();
    this.#screen?.dispose();
  }

  #await(text: string): { arrived: Promise<void>; parsed: Promise<void> } {
    const awaited: Mark = { text: Buffer.from(text), arrived: () => {}, parsed: () => {} };
    const arrived = new Promise<void>((resolve) => {
      awaited.arrived = resolve;
    });
    const parsed = new Promise<void>((resolve) => {
      awaited.parsed = resolve;
    });
    this.#awaited = awaited;
    this.#tail = Buffer.alloc(0);
    return { arrived, parsed };
  }

  #onOutput(bytes: Buffer): void {
    this.#acks.received(bytes.length);
    const found = this.#find(bytes);
    found?.arrived();
    const onParsed = () => {
      this.#acks.parsed(bytes.length);
      found?.parsed();
    };
    if (this.#screen) this.#screen.write(bytes, onParsed);
    else this.#readLater(bytes.length);
  }

  #readLater(arrived: number): void {
    this.#unreadBytes += arrived;
    if (this.#unreadBytes === 0) return;
    this.#reading ??= setTimeout(() => {
      const bytes = Math.min(this.#unreadBytes, readBytes);
      this.#unreadBytes -= bytes;
      this.#acks.parsed(bytes);
      this.#reading = undefined;
      this.#readLater(0);
    }, readEveryMs);
  }

  #find(bytes: Buffer): Mark | undefined {
    const awaited = this.#awaited;
    if (!awaited) return undefined;
    const overlap = awaited.text.length - 1;
    const across = Buffer.concat([this.#tail, bytes.subarray(0, overlap)]);
    this.#tail = lastOf(bytes.length < overlap ? across : bytes, overlap);
    if (!bytes.includes(awaited.text) && !across.includes(awaited.text)) return undefined;
    this.#awaited = undefined;
    return awaited;
  }
}

function lastOf(bytes: Buffer, count: number): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - count));
}

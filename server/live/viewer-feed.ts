import type { TerminalSize } from '../bridges/terminal-bridge.ts';
import { encodeData, encodeScreen } from '../protocol/terminal-frames.ts';
import type { ScreenSnapshot, Screens } from '../recording/screens.ts';
import { type KeptOutput, readOutput } from './kept-output.ts';
import type { Viewer } from './viewer.ts';

export type FeedHost = {
  /** Names the session to whoever makes screens. */
  key: string;
  screens: Screens;
  kept: KeptOutput;
  /** Bytes of output so far. */
  total(): number;
  /** Nothing can be shown any more. */
  onLost(error: unknown): void;
};

type Resize = TerminalSize & { offset: number; isSent: boolean };

const stepMs = 25;
/**
 * What a step may send to each, and to all together. Nobody reads faster than that, and twenty who look must not take the
 * time of the one who works.
 */
const stepBytes = { least: 32 * 1024, most: 128 * 1024, all: 512 * 1024 } as const;
const frameBytes = 32 * 1024;
const screenFrameBytes = 64 * 1024;
/** A screen is drawn at most so often, and less often when all of it together would be more than so much. */
const drawEveryMs = 200;
const screenBytesPerMs = 20_000;
/** More between a screen and what the others see is quicker drawn once more. */
const mostRestBytes = 1024 * 1024;

/**
 * What everybody sees who looks at one session. It is read from what is kept of the output, once for all of them and in
 * its own time: the session itself only says that there is more. Whoever joins or has fallen behind gets a screen.
 */
export class ViewerFeed {
  readonly #host: FeedHost;
  readonly #viewers = new Set<Viewer>();
  #resizes: Resize[] = [];
  /** Output that the live ones were sent. */
  #offset = 0;
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #redraw: NodeJS.Timeout | undefined;
  #isDrawing = false;
  #pauseMs = drawEveryMs;
  #isStopped = false;

  constructor(host: FeedHost) {
    this.#host = host;
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    this.draw();
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** There is more. Costs nothing when nobody looks. */
  wake(): void {
    if (this.#viewers.size === 0 || this.#timer || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      void this.#inTurn(() => this.#step()).finally(() => {
        this.#timer = undefined;
        if (this.#hasMore()) this.wake();
      });
    }, stepMs);
  }

  resized({ columns, rows }: TerminalSize): void {
    // Without anybody live, the next screen has it.
    if (!this.#isDrawing && !this.#has('isLive')) return;
    this.#resizes.push({ columns, rows, offset: this.#host.total(), isSent: false });
    this.wake();
  }

  /** Shows the screen to all who wait for it. */
  draw(): void {
    if (this.#isDrawing || this.#redraw || this.#isStopped || !this.#has('isWaiting')) return;
    this.#isDrawing = true;
    void this.#drawOnce()
      .catch((error) => this.#lost(error))
      .finally(() => {
        this.#isDrawing = false;
        if (this.#isStopped) return;
        // Not at once again: a host that floods would have screens drawn all the time.
        this.#redraw = setTimeout(() => {
          this.#redraw = undefined;
          this.draw();
        }, this.#pauseMs);
      });
  }

  /** Sends what is left. Nothing is read afterwards, so that the files may be closed. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#redraw);
    await this.#inTurn(() => this.#step());
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
  }

  #hasMore(): boolean {
    const isMore = this.#host.total() > this.#offset || this.#resizes.some(({ isSent }) => !isSent);
    return isMore && this.#has('isLive');
  }

  #has(what: 'isLive' | 'isWaiting'): boolean {
    for (const viewer of this.#viewers) if (viewer[what]) return true;
    return false;
  }

  #all(what: 'isLive' | 'isWaiting'): Viewer[] {
    return [...this.#viewers].filter((viewer) => viewer[what]);
  }

  /** One thing after the other, so that nobody misses a byte or gets it twice. Never rejects. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#isStopped ? undefined : work())).catch((error) => this.#lost(error));
    return this.#turn;
  }

  #lost(error: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#host.onLost(error);
  }

  async #step(): Promise<void> {
    const { kept, total } = this.#host;
    const end = total();
    const live = this.#all('isLive');
    if (live.length === 0) return;
    if (end - this.#offset > mostOf(live.length)) {
      for (const viewer of live) viewer.fallBehind();
      this.draw();
      return;
    }
    if (end > this.#offset) await kept.flush();
    const bytes = await kept.read((source) => readOutput(source, this.#offset, end));
    const resizes = this.#resizes.filter(({ isSent, offset }) => !isSent && offset <= end);
    send(this.#all('isLive'), { from: this.#offset, bytes, resizes });
    this.#sentUpTo(end);
  }

  async #drawOnce(): Promise<void> {
    const { kept, total, screens, key } = this.#host;
    const end = total();
    await kept.flush();
    if (this.#isStopped) return;
    const snapshot = await kept.read((source) => screens.snapshot({ key, source, end }));
    await this.#inTurn(() => this.#handOver(snapshot, end));
  }

  async #handOver(snapshot: ScreenSnapshot, end: number): Promise<void> {
    await this.#step();
    const to = this.#has('isLive') ? this.#offset : end;
    if (to - snapshot.offset > mostRestBytes) return; // Drawn again in a moment.
    const rest = await this.#host.kept.read((source) => readOutput(source, snapshot.offset, to));
    const resizes = this.#resizes.filter(({ offset }) => offset >= snapshot.offset && offset <= to);
    const waiting = this.#all('isWaiting');
    const frames = inFrames(snapshot.restore);
    for (const viewer of waiting) viewer.show(snapshot, frames);
    this.#pauseMs = Math.max(drawEveryMs, (snapshot.restore.length * waiting.length) / screenBytesPerMs);
    send(waiting, { from: snapshot.offset, bytes: rest, resizes });
    this.#sentUpTo(to);
    if (this.#hasMore()) this.wake();
  }

  #sentUpTo(offset: number): void {
    this.#offset = offset;
    for (const resize of this.#resizes) if (resize.offset <= offset) resize.isSent = true;
    // While a screen is drawn it is not known which of them it has.
    if (!this.#isDrawing) this.#resizes = this.#resizes.filter(({ isSent }) => !isSent);
  }
}

function mostOf(viewers: number): number {
  return Math.max(stepBytes.least, Math.min(stepBytes.most, stepBytes.all / viewers));
}

function inFrames(screen: Uint8Array): Uint8Array[] {
  const count = Math.ceil(screen.length / screenFrameBytes);
  return Array.from({ length: count }, (_, index) =>
    encodeScreen(screen.subarray(index * screenFrameBytes, (index + 1) * screenFrameBytes)),
  );
}

type Piece = { from: number; bytes: Buffer; resizes: readonly Resize[] };

/** Each frame is made once for all. */
function send(viewers: readonly Viewer[], { from, bytes, resizes }: Piece): void {
  let at = 0;
  const sendUpTo = (end: number) => {
    for (; at < end; at += frameBytes) {
      const part = bytes.subarray(at, Math.min(end, at + frameBytes));
      const frame = encodeData(part);
      for (const viewer of viewers) viewer.output(frame, part.length);
    }
    at = end;
  };
  for (const { columns, rows, offset } of resizes) {
    sendUpTo(Math.max(at, offset - from));
    for (const viewer of viewers) if (viewer.isLive) viewer.tell({ type: 'size', columns, rows });
  }
  sendUpTo(bytes.length);
}

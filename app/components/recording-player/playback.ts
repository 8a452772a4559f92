import { nextOutputAfter, offsetAt, type ScreenSize, type Timeline } from './timeline.ts';

/** What playback draws on. `write` calls `done` once when the bytes are parsed; until then nothing else is called. */
export type PlaybackScreen = {
  reset(size: ScreenSize): void;
  resize(size: ScreenSize): void;
  write(bytes: Uint8Array, done: () => void): void;
};

export const speeds = [0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof speeds)[number];

// A slice is parsed in a few milliseconds, so that a long seek leaves the page responsive.
const sliceBytes = 128 * 1024;
// A screen further behind than this holds the clock: at high speed nothing is skipped, it only takes longer.
const holdAboveBytes = 1024 * 1024;
// A tab in the background stops ticking; it goes on from where it was instead of leaping.
const longestTickMs = 500;
const silence = { longerThanMs: 2000, keptMs: 500 } as const;

/**
 * Moves a position through a timeline and brings the screen to it. Forward it writes what is missing; backward it starts
 * from an empty screen. Pure but for the screen: time comes in through `tick`.
 */
export class Playback {
  readonly timeline: Timeline;
  speed: Speed = 1;
  skipsSilence = false;
  readonly #output: Uint8Array;
  readonly #screen: PlaybackScreen;
  readonly #onChange: () => void;
  #positionMs = 0;
  #playing = false;
  #writtenBytes = 0;
  #nextResize = 0;
  #writing = false;
  #mustReset = true;
  #pumping = false;

  constructor(timeline: Timeline, output: Uint8Array, screen: PlaybackScreen, onChange: () => void = () => {}) {
    this.timeline = timeline;
    this.#output = output;
    this.#screen = screen;
    this.#onChange = onChange;
    this.#pump();
  }

  get positionMs(): number {
    return this.#positionMs;
  }

  get isPlaying(): boolean {
    return this.#playing;
  }

  get isAtEnd(): boolean {
    return this.#positionMs >= this.timeline.durationMs;
  }

  /** The screen is not yet where the position is. */
  get isCatchingUp(): boolean {
    return this.#mustReset || this.#behindBytes() > holdAboveBytes;
  }

  /** At the end it begins again. */
  play(): void {
    if (this.isAtEnd) this.seek(0);
    this.#playing = true;
    this.#onChange();
  }

  pause(): void {
    this.#playing = false;
    this.#onChange();
  }

  seek(ms: number): void {
    this.#positionMs = Math.min(this.timeline.durationMs, Math.max(0, ms));
    const shown = this.timeline.resizes[this.#nextResize - 1];
    const isBack = this.#targetBytes() < this.#writtenBytes || (shown?.atMs ?? 0) > this.#positionMs;
    if (isBack) this.#mustReset = true;
    this.#pump();
    this.#onChange();
  }

  /** `elapsedMs` of real time have passed. */
  tick(elapsedMs: number): void {
    if (!this.#playing || this.isCatchingUp) return;
    const from = this.#positionMs;
    let to = from + Math.min(elapsedMs, longestTickMs) * this.speed;
    if (this.skipsSilence) to = Math.max(to, this.#endOfSilence(from));
    this.#positionMs = Math.min(to, this.timeline.durationMs);
    if (this.isAtEnd) this.#playing = false;
    this.#pump();
    this.#onChange();
  }

  #endOfSilence(fromMs: number): number {
    const next = nextOutputAfter(this.timeline, fromMs) ?? this.timeline.durationMs;
    return next - fromMs > silence.longerThanMs ? next - silence.keptMs : fromMs;
  }

  #targetBytes(): number {
    return offsetAt(this.timeline, this.#positionMs);
  }

  #behindBytes(): number {
    return this.#targetBytes() - this.#writtenBytes;
  }

  // A write that is done at once comes back in here; the outer call goes on.
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#writing && this.#step());
    this.#pumping = false;
  }

  /** Does the next thing the screen needs; false if it is where it should be. */
  #step(): boolean {
    if (this.#mustReset) return this.#reset();
    const resize = this.timeline.resizes[this.#nextResize];
    if (resize && resize.offset <= this.#writtenBytes && resize.atMs <= this.#positionMs) {
      this.#nextResize += 1;
      this.#screen.resize(resize);
      return true;
    }
    const target = this.#targetBytes();
    if (this.#writtenBytes >= target) return false;
    const isResizeAhead = resize !== undefined && resize.offset > this.#writtenBytes;
    this.#write(Math.min(target, this.#writtenBytes + sliceBytes, isResizeAhead ? resize.offset : target));
    return true;
  }

  #reset(): true {
    this.#mustReset = false;
    this.#writtenBytes = 0;
    this.#nextResize = 0;
    this.#screen.reset(this.timeline.startSize);
    return true;
  }

  #write(end: number): void {
    const bytes = this.#output.subarray(this.#writtenBytes, end);
    this.#writtenBytes = end;
    this.#writing = true;
    this.#screen.write(bytes, () => {
      this.#writing = false;
      this.#pump();
      this.#onChange();
    });
  }
}

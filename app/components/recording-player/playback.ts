import {
  nextOutputAfter,
  offsetAt,
  outputBefore,
  PlayerProblem,
  type ScreenSize,
  type Track,
  type Window,
  windowAt,
} from './timeline.ts';

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
/** A window that is not at hand, without which it cannot be said. */
type Missing = { missing: number };

const silence = { longerThanMs: 2000, keptMs: 500, toldForMs: 2500 } as const;

/**
 * Moves a position through a recording and brings the screen to it, window by window. Forward it writes what is missing;
 * to any other place it starts from the screen with which a window begins. Time comes in through `tick`.
 */
export class Playback {
  readonly track: Track;
  speed: Speed = 1;
  skipsSilence = false;
  readonly #screen: PlaybackScreen;
  readonly #onChange: () => void;
  #positionMs = 0;
  #playing = false;
  /** What the screen shows is in this window. */
  #index = 0;
  #window: Window | undefined;
  #writtenBytes = 0;
  #nextResize = 0;
  #writing = false;
  #mustReset = true;
  #pumping = false;
  #loading: number | undefined;
  #problem: string | undefined;
  #skipped = { ms: 0, toldForMs: 0 };

  constructor(track: Track, screen: PlaybackScreen, onChange: () => void = () => {}) {
    this.track = track;
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
    return this.#positionMs >= this.track.durationMs;
  }

  /** The screen is not yet where the position is. */
  get isCatchingUp(): boolean {
    if (this.#mustReset || !this.#window || this.#wanted > this.#index) return true;
    return this.#targetBytes(this.#window) - this.#writtenBytes > holdAboveBytes;
  }

  /** Why the screen cannot come to where the position is; the next move tries again. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** How much silence was skipped just now. */
  get skippedMs(): number {
    return this.#skipped.toldForMs > 0 ? this.#skipped.ms : 0;
  }

  /** At the end it begins again. */
  play(): void {
    if (this.isAtEnd) this.seek(0);
    this.#playing = true;
    this.#problem = undefined;
    this.#pump();
    this.#onChange();
  }

  pause(): void {
    this.#playing = false;
    this.#onChange();
  }

  seek(ms: number): void {
    this.#positionMs = Math.min(this.track.durationMs, Math.max(0, ms));
    this.#problem = undefined;
    this.#skipped.toldForMs = 0;
    if (this.#wanted !== this.#index || this.#isBack()) this.#mustReset = true;
    this.#pump();
    this.#onChange();
  }

  /** To the output after or before, and stays there. */
  step(direction: 'forward' | 'back'): void {
    this.#playing = false;
    const to = direction === 'forward' ? this.#nextOutput() : this.#lastOutput();
    if (typeof to === 'number') this.seek(to);
    else this.#stepWith(to, direction);
  }

  /** `elapsedMs` of real time have passed. */
  tick(elapsedMs: number): void {
    if (!this.#playing || this.isCatchingUp) return;
    const from = this.#positionMs;
    const passedMs = Math.min(elapsedMs, longestTickMs);
    this.#skipped.toldForMs = Math.max(0, this.#skipped.toldForMs - passedMs);
    let to = from + passedMs * this.speed;
    if (this.skipsSilence) {
      const end = this.#endOfSilence(from);
      if (end > to) this.#skipped = { ms: end - from, toldForMs: silence.toldForMs };
      to = Math.max(to, end);
    }
    this.#positionMs = Math.min(to, this.track.durationMs);
    if (this.isAtEnd) this.#playing = false;
    this.#pump();
    this.#onChange();
  }

  get #wanted(): number {
    return windowAt(this.track, this.#positionMs);
  }

  #isBack(): boolean {
    if (!this.#window) return true;
    const shown = this.#window.resizes[this.#nextResize - 1];
    return this.#targetBytes(this.#window) < this.#writtenBytes || (shown?.atMs ?? 0) > this.#positionMs;
  }

  #stepWith({ missing }: Missing, direction: 'forward' | 'back'): void {
    const from = this.#positionMs;
    const again = () => {
      if (this.#positionMs === from && !this.#playing) this.step(direction);
    };
    this.track.load(missing).then(again, () => undefined); // The screen says it when it needs the same.
  }

  #endOfSilence(fromMs: number): number {
    const next = this.#nextOutput();
    return typeof next === 'number' && next - fromMs > silence.longerThanMs ? next - silence.keptMs : fromMs;
  }

  #nextOutput(): number | Missing {
    const { windows, durationMs } = this.track;
    const index = this.#wanted;
    const firstMs = windows[index]?.nextMs ?? durationMs;
    if (this.#positionMs < firstMs) return firstMs;
    const window = this.track.at(index);
    return window ? (nextOutputAfter(window, this.#positionMs) ?? durationMs) : { missing: index };
  }

  // A window begins with the last step before it, so that whoever stands there comes from the one before.
  #lastOutput(): number | Missing {
    const { windows } = this.track;
    const beginsMs = windows[this.#wanted]?.elapsedMs ?? 0;
    const index = beginsMs < this.#positionMs ? this.#wanted : this.#wanted - 1;
    if (index < 0) return 0;
    const window = this.track.at(index);
    return window ? (outputBefore(window, this.#positionMs) ?? windows[index]?.elapsedMs ?? 0) : { missing: index };
  }

  #targetBytes(window: Window): number {
    return this.#wanted > this.#index ? window.offset + window.output.length : offsetAt(window, this.#positionMs);
  }

  // A write that is done at once comes back in here; the outer call goes on.
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#writing && this.#advance());
    this.#pumping = false;
    if (this.#playing && !this.#writing && !this.#mustReset) this.#atHand(this.#index + 1); // before it is waited for
  }

  /** Does the next thing the screen needs; false if it is where it should be, or waits for a window. */
  #advance(): boolean {
    const window = this.#window;
    if (this.#mustReset || !window) return this.#reset();
    const resize = window.resizes[this.#nextResize];
    if (resize && resize.offset <= this.#writtenBytes && resize.atMs <= this.#positionMs) {
      this.#nextResize += 1;
      this.#screen.resize(resize);
      return true;
    }
    const target = this.#targetBytes(window);
    if (this.#writtenBytes >= target) return this.#wanted > this.#index && this.#goOn();
    const isResizeAhead = resize !== undefined && resize.offset > this.#writtenBytes;
    const end = Math.min(target, this.#writtenBytes + sliceBytes, isResizeAhead ? resize.offset : target);
    const from = this.#writtenBytes;
    this.#writtenBytes = end;
    this.#write(window.output.subarray(from - window.offset, end - window.offset));
    return true;
  }

  #reset(): boolean {
    const index = this.#wanted;
    const window = this.#atHand(index);
    if (!window) return false;
    this.#mustReset = false;
    this.#enter(index, window);
    this.#screen.reset(window.size);
    if (window.restore.length > 0) this.#write(window.restore);
    return true;
  }

  #goOn(): boolean {
    const next = this.#atHand(this.#index + 1);
    if (next) this.#enter(this.#index + 1, next);
    return next !== undefined;
  }

  #enter(index: number, window: Window): void {
    this.#index = index;
    this.#window = window;
    this.#writtenBytes = window.offset;
    this.#nextResize = 0;
  }

  #atHand(index: number): Window | undefined {
    const { track } = this;
    const window = track.at(index);
    const isNone = index >= track.windows.length;
    if (window || isNone || this.#loading === index || this.#problem !== undefined) return window;
    this.#loading = index;
    track.load(index).then(
      () => this.#loaded(index),
      (error: unknown) => {
        if (this.#loading !== index) return; // Somebody went elsewhere in the meantime.
        this.#problem = error instanceof PlayerProblem ? error.message : 'This part could not be fetched.';
        this.#playing = false;
        this.#loaded(index);
      },
    );
    return undefined;
  }

  #loaded(index: number): void {
    if (this.#loading === index) this.#loading = undefined;
    this.#pump();
    this.#onChange();
  }

  #write(bytes: Uint8Array): void {
    this.#writing = true;
    this.#screen.write(bytes, () => {
      this.#writing = false;
      this.#pump();
      this.#onChange();
    });
  }
}

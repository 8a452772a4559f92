import type { ServerControl } from '../protocol/terminal-frames.ts';
import type { SessionEnding } from './session-ending.ts';

export type LimitsHost = {
  nowMs(): number;
  /** For the browser. */
  tell(limits: LimitsControl): void;
  /** A sentence for the recording. */
  warned(sentence: string): void;
  end(ending: SessionEnding): void;
};

export type LimitsControl = Extract<ServerControl, { type: 'limits' }>;
export type LimitTimes = { idleTimeoutMinutes: number | null; maxDurationMinutes: number | null };

type HardEnd = { reason: 'time_limit' | 'grant_ended'; atMs: number };

const never = Number.POSITIVE_INFINITY;
const minuteMs = 60_000;
const warnBeforeMs = [5 * minuteMs, minuteMs];
/** Timers cannot wait longer than 24 days, and a clock may be put right meanwhile. */
const longestWaitMs = 10 * minuteMs;

/**
 * When one session has to end: after the longest time of its policy, with the right it stands on, or when nothing was
 * typed for long. Warns before, runs whether or not a browser is there, and ends it.
 */
export class SessionLimits {
  readonly #host: LimitsHost;
  readonly #idleMs: number | undefined;
  readonly #idleWarnings: readonly number[];
  readonly #maxMs: number | undefined;
  #maxEndMs: number | undefined;
  #rightEndMs: number | undefined;
  #lastInputMs = 0;
  /** How near an end has been warned of. */
  #warned: { idle?: number | undefined; hard?: number | undefined } = {};
  #timer: NodeJS.Timeout | undefined;
  #state: 'waiting' | 'running' | 'over' = 'waiting';

  constructor({ idleTimeoutMinutes, maxDurationMinutes }: LimitTimes, host: LimitsHost) {
    this.#host = host;
    this.#idleMs = idleTimeoutMinutes === null ? undefined : idleTimeoutMinutes * minuteMs;
    this.#idleWarnings = warningsBefore(this.#idleMs);
    this.#maxMs = maxDurationMinutes === null ? undefined : maxDurationMinutes * minuteMs;
  }

  /** The host answered: time counts from here. */
  begin(): void {
    if (this.#state !== 'waiting') return;
    const nowMs = this.#host.nowMs();
    this.#state = 'running';
    this.#lastInputMs = nowMs;
    if (this.#maxMs !== undefined) this.#maxEndMs = nowMs + this.#maxMs;
    this.#look({ isNew: this.#hardEnd() !== undefined });
  }

  /** A key or a paste of its person. Called for each, so it does next to nothing. */
  typed(): void {
    this.#lastInputMs = this.#host.nowMs();
    if (this.#warned.idle === undefined || this.#state !== 'running') return;
    this.#warned.idle = undefined;
    this.#look({ isNew: true });
  }

  /**
   * The end of the right, as it stands now; `null`: it has none. It may move while the session runs. Looks at the clock
   * each time, which may have been put right, or stood still with the machine.
   */
  mayRunUntil(end: Date | null): void {
    const endMs = end?.getTime();
    const isNew = this.#rightEndMs !== endMs;
    this.#rightEndMs = endMs;
    if (isNew) this.#warned.hard = undefined;
    this.#look({ isNew });
  }

  /** What a browser that comes (back) is told. */
  control(): LimitsControl {
    const { hard, hardLeftMs, idleLeftMs } = this.#left();
    return {
      type: 'limits',
      endsInMs: hard ? Math.max(0, Math.round(hardLeftMs)) : null,
      endsBy: hard?.reason ?? null,
      idleInMs: this.#warned.idle === undefined ? null : Math.max(0, Math.round(idleLeftMs)),
    };
  }

  stop(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
  }

  #hardEnd(): HardEnd | undefined {
    const byMax = this.#maxEndMs ?? never;
    const byRight = this.#rightEndMs ?? never;
    if (byMax === never && byRight === never) return undefined;
    return byRight <= byMax ? { reason: 'grant_ended', atMs: byRight } : { reason: 'time_limit', atMs: byMax };
  }

  #idleEndMs(): number {
    return this.#idleMs === undefined ? never : this.#lastInputMs + this.#idleMs;
  }

  /** Ends, warns, and comes back at the next moment at which there may be something to do. */
  #look({ isNew }: { isNew: boolean }): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'running') return;
    const { hard, hardLeftMs, idleLeftMs } = this.#left();
    if (hard && hardLeftMs <= 0) this.#end({ reason: hard.reason });
    else if (idleLeftMs <= 0) this.#end({ reason: 'idle', detail: this.#idleDetail() });
    else this.#warn({ hardLeftMs, idleLeftMs, isNew });
  }

  #left(): { hard: HardEnd | undefined; hardLeftMs: number; idleLeftMs: number } {
    const nowMs = this.#host.nowMs();
    const hard = this.#hardEnd();
    return { hard, hardLeftMs: (hard?.atMs ?? never) - nowMs, idleLeftMs: this.#idleEndMs() - nowMs };
  }

  #warn({ hardLeftMs, idleLeftMs, isNew }: { hardLeftMs: number; idleLeftMs: number; isNew: boolean }): void {
    const before = this.#warned;
    const idle = passed(this.#idleWarnings, idleLeftMs);
    const hard = passed(warnBeforeMs, hardLeftMs);
    this.#warned = { idle, hard };
    const isNewIdle = (idle ?? never) < (before.idle ?? never);
    const isNewHard = (hard ?? never) < (before.hard ?? never);
    if (isNew || isNewIdle || isNewHard) this.#host.tell(this.control());
    if (isNewIdle) this.#host.warned(`Warned: nothing was typed, so the session ends in ${inMinutes(idleLeftMs)}.`);
    if (isNewHard) this.#host.warned(`Warned: the session ends in ${inMinutes(hardLeftMs)}.`);
    const nextMs = Math.min(untilNext(this.#idleWarnings, idleLeftMs), untilNext(warnBeforeMs, hardLeftMs));
    this.#timer = setTimeout(() => this.#look({ isNew: false }), Math.min(nextMs, longestWaitMs));
  }

  #end(ending: SessionEnding): void {
    this.stop();
    this.#host.end(ending);
  }

  #idleDetail(): string {
    return `The policy allows ${inMinutes(this.#idleMs ?? 0)} without a key.`;
  }
}

/** The earlier of two ends; `null` is none. */
export function earlierOf(one: Date | null | undefined, other: Date | null | undefined): Date | null {
  if (!one || !other) return one ?? other ?? null;
  return one < other ? one : other;
}

/** Whoever may be idle for two minutes is not warned all the time. */
function warningsBefore(wholeMs: number | undefined): readonly number[] {
  if (wholeMs === undefined) return [];
  const fitting = warnBeforeMs.filter((ms) => ms < wholeMs);
  return fitting.length > 0 ? fitting : [wholeMs / 2];
}

/** The nearest of these moments before the end that is reached. */
function passed(warnings: readonly number[], leftMs: number): number | undefined {
  return warnings.findLast((ms) => leftMs <= ms);
}

function untilNext(warnings: readonly number[], leftMs: number): number {
  const next = warnings.find((ms) => leftMs > ms) ?? 0;
  return Math.max(1, leftMs - next);
}

function inMinutes(ms: number): string {
  if (ms < minuteMs) return `${Math.ceil(ms / 1000)} seconds`;
  const minutes = Math.round(ms / minuteMs);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

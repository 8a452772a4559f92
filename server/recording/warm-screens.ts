import type { RecordingSource } from './port.ts';
import { ScreenFollower, type ScreenSnapshot } from './screen-follower.ts';

export type WarmLimits = {
  mostWarm: number;
  /** Of all screens together, as far as their cells go. */
  mostWarmBytes: number;
  mostColdBytes: number;
};

const MiB = 1024 * 1024;
const usualLimits: WarmLimits = { mostWarm: 24, mostWarmBytes: 192 * MiB, mostColdBytes: 64 * MiB };
/** One alone must not push out the others. */
const coldShare = 8;

/**
 * Screens that go on from where they were when somebody asks again. Of one that was dropped to make room its snapshot is
 * kept, which is smaller; of that only as much as there is room for.
 */
export class WarmScreens {
  readonly #limits: WarmLimits;
  /** Those asked for last are last. */
  readonly #warm = new Map<string, ScreenFollower>();
  readonly #cold = new Map<string, ScreenSnapshot>();

  constructor(limits: Partial<WarmLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
  }

  take(key: string, source: RecordingSource): ScreenFollower {
    const found = this.#warm.get(key) ?? new ScreenFollower(source, this.#cold.get(key));
    this.#cold.delete(key);
    this.#warm.delete(key);
    this.#warm.set(key, found);
    return found;
  }

  /** Drops what is too much, but nothing that somebody is at. */
  makeRoom(isBusy: (key: string) => boolean): void {
    let bytes = 0;
    for (const follower of this.#warm.values()) bytes += follower.model.memoryBytes;
    for (const [key, follower] of [...this.#warm]) {
      const isTooMuch = this.#warm.size > this.#limits.mostWarm || bytes > this.#limits.mostWarmBytes;
      if (!isTooMuch || this.#warm.size === 1) return;
      if (isBusy(key)) continue;
      bytes -= follower.model.memoryBytes;
      this.#warm.delete(key);
      this.#keepCold(key, follower);
      follower.dispose();
    }
  }

  forget(key: string): void {
    this.#warm.get(key)?.dispose();
    this.#warm.delete(key);
    this.#cold.delete(key);
  }

  get kept(): { warm: string[]; cold: string[] } {
    return { warm: [...this.#warm.keys()], cold: [...this.#cold.keys()] };
  }

  // A screen that cannot be made, or is too large to keep, is somebody's own and must not be in the way of others.
  #keepCold(key: string, follower: ScreenFollower): void {
    if (!follower.isWhole) return;
    const snapshot = snapshotOf(follower);
    const { mostColdBytes } = this.#limits;
    if (!snapshot || snapshot.restore.length > mostColdBytes / coldShare) return;
    this.#cold.set(key, snapshot);
    let bytes = 0;
    for (const { restore } of this.#cold.values()) bytes += restore.length;
    for (const [oldest, { restore }] of this.#cold) {
      if (bytes <= mostColdBytes) return;
      bytes -= restore.length;
      this.#cold.delete(oldest);
    }
  }
}

function snapshotOf(follower: ScreenFollower): ScreenSnapshot | undefined {
  try {
    return follower.snapshot();
  } catch {
    return undefined;
  }
}

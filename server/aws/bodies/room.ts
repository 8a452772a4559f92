/** Memory that bodies share, in bytes. */
export type Room = {
  /** Whether there was room for so many bytes more; then they are taken. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly taken: number;
};

export const mebibyte = 1024 * 1024;

/** Room for all bodies together that are held in memory at a time. */
export function roomFor(most = 256 * mebibyte): Room {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > most) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
    get taken() {
      return taken;
    },
  };
}

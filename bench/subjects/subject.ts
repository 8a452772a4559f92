import type { SessionId } from '../../server/ids.ts';
import type { Measurable } from '../memory.ts';

export const size = { columns: 120, rows: 40 } as const;

/** A terminal as one of the subjects gives it: bytes of keys in, acknowledgements in, and an end. */
export type Wire = {
  send(keys: Uint8Array): void;
  /** So many bytes were parsed since the terminal opened. */
  acknowledge(parsedBytes: number): void;
  close(): Promise<void>;
  /** What ours calls it; the peer has no sessions. */
  sessionId?: SessionId;
};

/** Something that can be measured: how to get a terminal there, and the process that carries it. */
export type Subject = {
  name: string;
  process: Measurable;
  /** Resolves when the shell is there. */
  open(onOutput: (bytes: Buffer) => void): Promise<Wire>;
};

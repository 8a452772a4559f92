import type { ChildConfig } from '../config/config.ts';

export type ChildState = 'starting' | 'ready' | 'waiting' | 'stopped';

export type ChildStatus = { name: string; state: ChildState; restarts: number; pid: number | null };

/** What the supervisor tells a child over IPC. `config` comes first and once. */
export type ToChild =
  | { type: 'config'; config: ChildConfig }
  | { type: 'stop' }
  /** Open no new sessions from here on; said again to a gateway that was started anew. */
  | { type: 'drain' }
  | { type: 'children'; children: ChildStatus[] };

/** What a child tells the supervisor. `failed` carries a sentence for the person who started the program. */
export type FromChild = { type: 'ready'; port?: number } | { type: 'failed'; problem: string };

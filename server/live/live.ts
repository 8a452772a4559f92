import type { WebSocket } from 'ws';
import type { ChildConfig } from '../config/config.ts';
import type { Context } from '../context.ts';
import type { WriterId } from '../ids.ts';
import type { AuthorizedConnection } from '../launch/authorized-connection.ts';
import type { RecordingStore } from '../recording/port.ts';

/** The one room where use cases, bridges and the recorder meet: every session that runs in this gateway. */
export type Live = {
  /** Takes an upgraded WebSocket and the proof that its ticket was redeemed. Never throws; the socket is told how it went. */
  attach(socket: WebSocket, authorized: AuthorizedConnection): void;
  /** Ends every session with `stopped`, seals their recordings and stops all timers and listeners; within 8 s. */
  stop(): Promise<void>;
  counts(): LiveCounts;
};

export type LiveCounts = { opening: number; active: number };

export type LiveOptions = {
  context: Context;
  config: Pick<ChildConfig, 'allowTargets' | 'port'>;
  recordings: RecordingStore;
  /** Written to the rows of the sessions held here. */
  gatewayId: WriterId;
};

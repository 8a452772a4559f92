import type { PinnedHostKey } from '../../db/queries/host-keys.ts';
import type { DialOptions } from '../bridges/dial.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { Clock } from '../clock.ts';
import type { Audit } from '../context.ts';
import type { SessionId, SessionViewId } from '../ids.ts';
import type { AuthorizedConnection, AuthorizedView } from '../launch/authorized-connection.ts';
import type { ConnectionObject } from '../launch/connection-object.ts';
import type { Log } from '../log.ts';
import type { SecretPrint } from '../protocol/secret-print.ts';
import type { EndReason } from '../protocol/session-words.ts';
import type { RecordingStore, SealedRecording } from '../recording/port.ts';
import type { Screens } from '../recording/screens.ts';

/** What a session needs from the rest of the house. Composed once in `live.ts`; a test brings what it wants to see fail. */
export type LivePorts = {
  recordings: RecordingStore;
  sessions: SessionStore;
  views: ViewStore;
  /** Screens of sessions, for browsers that come back and for those who look. */
  screens: Screens;
  hostKeys: {
    find(server: string, port: number): Promise<PinnedHostKey | undefined>;
    /** Pins a key that a person approved; `false` when another one was pinned in the meantime. */
    pin(authorized: AuthorizedConnection, key: PinnedHostKey): Promise<boolean>;
    /** `false`: the credential is not meant, or no more, for a host that shows this key. */
    maySendSecret(authorized: AuthorizedConnection, key: Pick<PinnedHostKey, 'fingerprint'>): Promise<boolean>;
  };
  /** Prints of the secret that a session was given, by which its text is masked. */
  printsOf(id: SessionId, credential: TerminalCredential): SecretPrint[];
  /** The connection that an identity API gave for this session: in memory, to be had once. */
  takeConnection(id: SessionId): ConnectionObject | undefined;
  targetRules(): DialOptions['rules'];
  audit: Audit;
  clock: Clock;
  log: Log;
  /** For whoever keeps figures. */
  measured: Measured;
  /** A screen that is not made by then is not waited for: the session goes on without it. */
  showMs: number;
};

export type Measured = {
  /** From a key to the first output after it. */
  echo(ms: number): void;
  ended(reason: EndReason): void;
  /** A recorder gave up; the code says why. */
  recorderFailed(code: string): void;
};

/** How a session stands in the database. Each change and its evidence are one transaction. */
export type SessionStore = {
  /** `false`: somebody else opened it, or it has ended. */
  opening(authorized: AuthorizedConnection): Promise<boolean>;
  /** A recorder opened its folder; `openingHead` is anchored beside the row. */
  recording(
    authorized: AuthorizedConnection,
    opened: { path: string; openingHead: string; secretPrints: SecretPrint[] },
  ): Promise<void>;
  /** `false`: it was ended in the meantime. */
  active(authorized: AuthorizedConnection, facts: { account: string; recorded: boolean }): Promise<boolean>;
  /** A browser came back or went. Nobody waits for it. */
  attached(authorized: AuthorizedConnection, how: { isAttached: boolean; isTakenOver: boolean }): void;
  ended(authorized: AuthorizedConnection, ending: Ending): Promise<void>;
};

export type ViewKind = 'watch' | 'wall';

/** Who looks at a session, each look with its evidence in one transaction. */
export type ViewStore = {
  /** Settles before anybody is shown anything. */
  began(view: AuthorizedView, kind: ViewKind): Promise<SessionViewId>;
  ended(view: AuthorizedView, kind: ViewKind, id: SessionViewId): Promise<void>;
};

export type Ending = {
  reason: EndReason;
  detail: string | undefined;
  exitStatus: number | undefined;
  bytesOut: number;
  bytesIn: number;
  recording: RecordingEnding | undefined;
  /** How long the connection to the computer took to be gone; `undefined`: nothing was dialled. */
  targetClosedMs: number | undefined;
  /** The last key or paste of its person. */
  lastInputAt: Date | undefined;
};

/** `failed`: not even what was written could be sealed. */
export type RecordingEnding = { sealed: SealedRecording; reason: string } | { failed: string };

import type { Connection, Tx } from '../db/connect.ts';
import type { AuditEvent } from './audit/events.ts';
import type { Clock } from './clock.ts';
import type { LoginFacts, PersonFacts } from './decide/facts.ts';
import type { WriterId } from './ids.ts';
import type { Log } from './log.ts';
import type { Keyring } from './vault/keyring.ts';

/** What every use case gets first. Made once per process by the entry point; closed by it too. */
export type Context = {
  connection: Connection;
  clock: Clock;
  log: Log;
  keyring: Keyring;
  /** Origin of this installation, as configured: decides which cookie counts. */
  publicUrl: string;
  audit: Audit;
};

export type Audit = {
  /** Names this process's chain. */
  readonly writerId: WriterId;
  /**
   * Runs `work` in one transaction. Events given to `record` are appended to this writer's chain in that transaction,
   * after the work and before the commit, so that an act and its evidence stand or fall together.
   */
  transact<T>(work: (tx: Tx, record: (event: AuditEvent) => void) => Promise<T>): Promise<T>;
  /**
   * Appends events that no other change goes with. Batched: resolves when they are committed. Not to be awaited inside
   * `transact`: it needs a connection of its own.
   */
  append(...events: AuditEvent[]): Promise<void>;
};

declare const actorBrand: unique symbol;
/** A signed-in person, proven by `whoIs` from their cookie in this very request. Minted there and nowhere else. */
export type Actor = { readonly person: PersonFacts & { name: string; email: string }; readonly login: LoginFacts } & {
  readonly [actorBrand]: true;
};

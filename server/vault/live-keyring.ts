import type { Connection } from '../../db/connect.ts';
import { keyringReader } from '../../db/keyring-readers.ts';
import { listen } from '../../db/notify.ts';
import { findRetirement } from '../../db/queries/sealed-rows.ts';
import type { Log } from '../log.ts';
import { type Keyring, markOf } from './keyring.ts';
import { KeyringFileError } from './keyring-file.ts';

export type LiveKeyring = { keyring: Keyring; stop(): Promise<void> };

export type FollowOptions = {
  databaseUrl: string;
  /** Hears of changes, and knows what was retired. */
  connection: Pick<Connection, 'sql' | 'db'>;
  /** What this process is called where somebody waits for it. */
  name: string;
  /** Reads the keyring, at first and whenever it changed. */
  read(): Promise<Keyring>;
  log: Log;
};

/** How long until another try: after a lost connection, and after a file or a key service that did not answer. */
const reconnectMs = 250;
const rereadMs = 10_000;

/**
 * The keyring of a running process, which follows the file: it is read again when somebody says that it changed, and
 * whenever a connection was lost, because something may have been said meanwhile. What cannot be read, or is older than what
 * we have, is logged, and the keyring stays as it was; whoever changed it sees that we have not followed. Rejects when it cannot be read at first.
 */
export async function followKeyring({ databaseUrl, connection, name, read, log }: FollowOptions): Promise<LiveKeyring> {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;
  let isAsked = false;
  let present: Keyring | undefined;
  const reader = keyringReader(databaseUrl, { name, onLost: () => readAgain() });

  async function readOnce(): Promise<void> {
    await reader.appear(); // Before reading: nobody may take us for absent who has read the keyring of before.
    const found = await read();
    if (present && found.system.id !== present.system.id) await refuseOlder(found);
    present = found;
    await reader.note(markOf(present));
  }

  /** A copy from before its key was replaced, put there by mistake: what it would seal, the newer one could not open. */
  async function refuseOlder({ system }: Keyring): Promise<void> {
    const retiredAt = await findRetirement(connection.db, system.id);
    if (retiredAt) throw new KeyringFileError(`The keyring is a copy from before ${retiredAt.toISOString()}.`);
  }

  async function readWhileAsked(): Promise<void> {
    while (isAsked && !isOver) {
      isAsked = false;
      await readOnce().catch(tryLater);
    }
    reading = undefined;
  }

  function tryLater(err: unknown): void {
    if (isOver) return;
    const isOurs = err instanceof KeyringFileError;
    if (isOurs) log.error('The keyring could not be read again, so the one of before stays in use', { err });
    clearTimeout(timer);
    timer = setTimeout(readAgain, isOurs ? rereadMs : reconnectMs);
  }

  function readAgain(): void {
    isAsked = true;
    if (present && !isOver) reading ??= readWhileAsked();
  }

  async function stop(): Promise<void> {
    isOver = true;
    clearTimeout(timer);
    await reader.release();
    await reading;
    await listener?.stop();
  }

  let listener: { stop(): Promise<void> } | undefined;
  try {
    listener = await listen(connection.sql, 'keyring_changed', readAgain, readAgain);
    isAsked = false; // What was said before we read is no news.
    await readOnce();
    if (isAsked) readAgain();
  } catch (error) {
    await stop();
    throw error;
  }
  return { keyring: presentOf(() => present), stop };
}

/** A keyring whose parts are those of now whenever they are asked for. */
function presentOf(present: () => Keyring | undefined): Keyring {
  const now = (): Keyring => {
    const keyring = present();
    if (!keyring) throw new TypeError('The keyring was not read.');
    return keyring;
  };
  return {
    get system() {
      return now().system;
    },
    get otherSystemKeys() {
      return now().otherSystemKeys;
    },
    get recording() {
      return now().recording;
    },
    get authSecret() {
      return now().authSecret;
    },
  };
}

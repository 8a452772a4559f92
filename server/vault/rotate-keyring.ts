import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../../db/connect.ts';
import { databaseTime, hasOlderTransaction, listKeyringReaders, type SeenReader } from '../../db/keyring-readers.ts';
import { notify } from '../../db/notify.ts';
import { countSealed, type Under } from '../../db/queries/sealed-rows.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Clock } from '../clock.ts';
import type { Audit } from '../context.ts';
import { type Keyring, markOf } from './keyring.ts';
import { type KeyringContent, keyringFrom, newSystemKey } from './keyring-content.ts';
import { countOf, nameOf, readerName } from './keyring-words.ts';
import { type Carried, type SealedPlace, sealedPlacesInOrder } from './sealed-places.ts';

/** The rotation is not at its end. The message says why and what to do; the next run goes on from there. */
export class RotationStopped extends Error {
  override name = 'RotationStopped';
}

export type Rotation = {
  content: KeyringContent;
  /** Replaces the keyring's file, wholly or not at all. */
  write(content: KeyringContent): Promise<void>;
  db: Db;
  audit: Audit;
  clock: Clock;
  /** Who does it: the user of the machine's system. */
  systemUser: string;
  /** Hears of each step when it is done, in a line. */
  tell(line: string): void;
  /** How long running processes, and transactions, may keep us waiting. */
  patienceMs: number;
  /** How long work that took the older key just before it was replaced has for being written. */
  settleMs: number;
};

/**
 * Replaces the system key while the program runs. Each step leaves a keyring that opens everything, so that it may be cut
 * off anywhere; the next run finds in the keyring itself where to go on:
 *
 * 1. A new key is added that opens but does not seal, and every running process reads it.
 * 2. It becomes the one that seals, and every running process knows.
 * 3. Whatever is under the older key is wrapped again, in pages, until nothing is left.
 * 4. The older key is taken out.
 *
 * Answers the ids of the keys that were retired. Rejects with `RotationStopped`.
 */
export async function rotateKeyring(rotation: Rotation): Promise<string[]> {
  const added = await addKey(rotation, rotation.content);
  const inUse = await putToUse(rotation, added);
  const readers = await everyoneHas(rotation, inUse);
  const since = await databaseTime(rotation.db);
  const settledAt = performance.now() + (readers.length > 0 ? rotation.settleMs : 0);
  await carryOver(rotation, inUse);
  await delay(Math.max(0, settledAt - performance.now()));
  await olderTransactionsEnded(rotation, since);
  const stuck = await carryOver(rotation, inUse);
  return retire(rotation, inUse, stuck);
}

async function addKey(rotation: Rotation, content: KeyringContent): Promise<KeyringContent> {
  if (content.system.length > 1) {
    rotation.tell('Going on with the rotation that was begun before.');
    return content;
  }
  const key = newSystemKey('next', rotation.clock.now());
  const added = { ...content, system: [...content.system, key] };
  const { systemUser } = rotation;
  await replace(rotation, added, { kind: 'keyring.key_added', subject: { keyId: key.id, systemUser } });
  rotation.tell(`Added the system key ${key.id} to the keyring.`);
  return added;
}

async function putToUse(rotation: Rotation, content: KeyringContent): Promise<KeyringContent> {
  const next = content.system.find(({ role }) => role === 'next');
  if (!next) return content;
  await everyoneHas(rotation, content);
  const system = content.system.map((key) => ({
    ...key,
    role: key === next ? ('current' as const) : ('old' as const),
  }));
  const inUse = { ...content, system };
  const { systemUser } = rotation;
  const subject = { keyId: next.id, before: keyringFrom(content).system.id, systemUser };
  await replace(rotation, inUse, { kind: 'keyring.key_in_use', subject });
  rotation.tell(`From now on ${next.id} is what seals.`);
  return inUse;
}

/** Evidence comes first: no key comes or goes before it is in the audit log. */
async function replace({ write, audit }: Rotation, content: KeyringContent, event: AuditEvent): Promise<void> {
  await audit.append(event);
  await write(content);
}

const askAgainMs = 5_000;

/** Waits until every process that runs on this database has read this keyring; answers which those are. */
async function everyoneHas({ db, tell, patienceMs }: Rotation, content: KeyringContent): Promise<SeenReader[]> {
  const mark = markOf(keyringFrom(content));
  const startedAt = performance.now();
  for (let toldAt = Number.NEGATIVE_INFINITY; ; ) {
    const readers = await listKeyringReaders(db);
    const behind = readers.filter((reader) => reader.mark !== mark);
    if (behind.length === 0) {
      if (readers.length > 0) tell(`Every running process has read it: ${readers.map(readerName).join(', ')}.`);
      return readers;
    }
    const now = performance.now();
    if (now - startedAt > patienceMs) {
      throw new RotationStopped(
        `Not every running process has read the keyring: ${behind.map(readerName).join(', ')}. The log of Sallyport says why. Everything opens as before; run this again to go on.`,
      );
    }
    if (now - toldAt > askAgainMs) {
      await notify(db, 'keyring_changed', {});
      toldAt = now;
    }
    await delay(50);
  }
}

/** What was sealed with the older key just before it was replaced may stand in a transaction that is still open. */
async function olderTransactionsEnded({ db, patienceMs }: Rotation, since: Date): Promise<void> {
  const startedAt = performance.now();
  while (await hasOlderTransaction(db, since)) {
    if (performance.now() - startedAt > patienceMs) {
      throw new RotationStopped(
        'A transaction in the database is open since before the new key was put to use, such as that of a backup. The older key stays; run this again when it has ended.',
      );
    }
    await delay(50);
  }
}

const pageSize = 100;

/** Wraps again whatever is under an older key; answers what could not be. */
async function carryOver({ db, tell }: Rotation, content: KeyringContent): Promise<string[]> {
  const keyring = keyringFrom(content);
  const stuck: string[] = [];
  for (const place of sealedPlacesInOrder) {
    let moved = 0;
    for (const { id: keyId } of keyring.otherSystemKeys) {
      for await (const carried of pagesUnder(db, place, keyring, keyId)) {
        moved += carried.moved;
        stuck.push(...carried.stuck.map((which) => `${nameOf(place.name)} ${which}`));
      }
    }
    if (moved > 0) tell(`Carried over to the new key: ${countOf(place.name, moved)}.`);
  }
  return stuck;
}

async function* pagesUnder(db: Db, place: SealedPlace, keyring: Keyring, keyId: string): AsyncGenerator<Carried> {
  for (let after: string | null | undefined; after !== null; ) {
    const page: Under = { keyId, after: after ?? null, limit: pageSize };
    const carried: Carried = await db.transaction((tx) => place.carryOver(tx, keyring, page));
    yield carried;
    after = carried.last;
  }
}

async function retire(rotation: Rotation, content: KeyringContent, stuck: string[]): Promise<string[]> {
  const { db, clock, tell, systemUser } = rotation;
  const old = content.system.filter(({ role }) => role === 'old').map(({ id }) => id);
  // A public key that is attested wrongly gains nothing by the older key; its owner's password makes it good.
  const needed = (await countSealed(db)).filter(({ place, keyId }) => place !== 'person_keys' && old.includes(keyId));
  if (needed.length > 0) {
    throw new RotationStopped(
      `The older key stays in the keyring, because this could not be carried over: ${stuck.slice(0, 5).join(', ') || 'something that came just now'}. It was altered, or is meant for something else than it says. Enter it again, or delete it, and run this again.`,
    );
  }
  const retiredAt = clock.now().toISOString();
  let present = content;
  for (const keyId of old) {
    const system = present.system.filter(({ id }) => id !== keyId);
    present = { ...present, system, retired: [...present.retired, { id: keyId, retiredAt }] };
    await replace(rotation, present, { kind: 'keyring.key_retired', subject: { keyId, systemUser } });
    tell(`Took the system key ${keyId} out of the keyring: nothing needs it any more.`);
  }
  await notify(db, 'keyring_changed', {});
  return old;
}

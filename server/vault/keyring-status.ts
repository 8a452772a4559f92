import type { Db } from '../../db/connect.ts';
import { listKeyringReaders } from '../../db/keyring-readers.ts';
import { countSealed, type SealedCount } from '../../db/queries/sealed-rows.ts';
import { markOf } from './keyring.ts';
import { type KeyringContent, keyringFrom, type SystemKeyEntry } from './keyring-content.ts';
import type { KeyringFile } from './keyring-file.ts';
import { countOf, readerName } from './keyring-words.ts';

const roles: Record<SystemKeyEntry['role'], string> = {
  current: 'seals and opens',
  next: 'opens; seals once every process has read it',
  old: 'opens only, until nothing needs it',
};

export type KeyringStatus = {
  lines: string[];
  /** Everything in the database that the system sealed can be opened. */
  isWhole: boolean;
};

/** What a keyring holds, what depends on each of its keys, and which processes have it: no secrets, for a terminal. */
export async function keyringStatus({ content, sealedBy }: KeyringFile, db: Db | undefined): Promise<KeyringStatus> {
  const counts = db ? await countSealed(db) : [];
  const known = new Set(content.system.map(({ id }) => id));
  const lost = counts.filter(({ keyId }) => !known.has(keyId));
  return {
    lines: [
      sealedBy === null ? 'The file is not sealed: whoever can read it has the keys.' : `Sealed by ${sealedBy}.`,
      ...content.system.map((key) => lineOf(key, counts)),
      ...content.retired.map(({ id, retiredAt }) => `${id}  retired ${retiredAt}; backups from before need it`),
      ...lost.map(({ keyId, place, n }) => `${keyId}  NOT IN THE KEYRING, but needed by ${countOf(place, n)}`),
      ...(content.system.length > 1 ? ['A rotation is not at its end. To go on: npm run keyring -- rotate'] : []),
      db ? await readersLine(db, content) : 'There is no database yet.',
    ],
    isWhole: lost.every(({ place }) => place === 'person_keys'),
  };
}

function lineOf({ id, role, madeAt }: SystemKeyEntry, counts: readonly SealedCount[]): string {
  const held = counts.filter(({ keyId }) => keyId === id).map(({ place, n }) => countOf(place, n));
  const made = madeAt === null ? '' : `, made ${madeAt}`;
  return `${id}  ${roles[role]}${made}: ${held.join(', ') || 'nothing yet'}`;
}

async function readersLine(db: Db, content: KeyringContent): Promise<string> {
  const readers = await listKeyringReaders(db);
  if (readers.length === 0) return 'No process runs with it.';
  const mark = markOf(keyringFrom(content));
  const behind = readers.filter((reader) => reader.mark !== mark);
  const all = `Runs with it: ${readers.map(readerName).join(', ')}.`;
  return behind.length === 0 ? all : `${all} NOT READ YET by ${behind.map(readerName).join(', ')}.`;
}

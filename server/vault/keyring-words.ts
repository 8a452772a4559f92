import type { SeenReader } from '../../db/keyring-readers.ts';
import type { SealedPlaceName } from '../../db/queries/sealed-rows.ts';

const words: Record<SealedPlaceName, readonly [string, string]> = {
  secrets: ['stored secret', 'stored secrets'],
  launches: ['waiting launch', 'waiting launches'],
  owed_ends: ['running session', 'running sessions'],
  jobs: ['message to an identity API', 'messages to identity APIs'],
  person_keys: ['public key of a person', 'public keys of people'],
};

/** What is at a place, counted: `1 stored secret`, `3 stored secrets`. */
export function countOf(place: SealedPlaceName, n: number): string {
  return `${n} ${words[place][n === 1 ? 0 : 1]}`;
}

/** What one thing at a place is called. */
export function nameOf(place: SealedPlaceName): string {
  return words[place][0];
}

/** How people call a process: `gateway` for `sallyport gateway keyring`. */
export function readerName({ name, pid }: SeenReader): string {
  return /^sallyport (.+) keyring$/.exec(name)?.[1] ?? `process ${pid} of the database`;
}

import { type SQL, sql } from 'drizzle-orm';
import type { AccessLevelId, CredentialId, GroupId, PersonId, PolicyId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, computers, credentials, groups, people, policies } from '../schema.ts';
import type { CredentialInUse, CredentialTarget } from './credential-targets.ts';

/** What a file names, by the word as it stands there. */
export type Words = {
  readonly [K in 'computers' | 'credentials' | 'people' | 'groups' | 'policies' | 'accessLevels']: readonly string[];
};
/** What has such a word as its name, in any case. */
export type Found<Thing> = ReadonlyMap<string, Thing>;

export type Lookups = {
  computers: Found<unknown>;
  credentials: Found<CredentialInUse>;
  /** By email. */
  people: Found<PersonId>;
  groups: Found<GroupId>;
  policies: Found<PolicyId>;
  accessLevels: Found<AccessLevelId>;
  /** Where these credentials are in use already. */
  targets: readonly (CredentialTarget & { waits: boolean })[];
};

/** Everything that a file names, in one statement a kind, however many lines it has. */
export async function findNamed(tx: Tx, words: Words): Promise<Lookups> {
  const found = await findCredentials(tx, words.credentials);
  return {
    computers: await idsOf(tx, words.computers, sql`${computers}`, sql`name`),
    credentials: found,
    people: await idsOf<PersonId>(tx, words.people, sql`${people}`, sql`email`),
    groups: await idsOf<GroupId>(tx, words.groups, sql`${groups}`, sql`name`),
    policies: await idsOf<PolicyId>(tx, words.policies, sql`${policies}`, sql`name`),
    accessLevels: await idsOf<AccessLevelId>(tx, words.accessLevels, sql`${accessLevels}`, sql`name`),
    targets: await findTargets(tx, [...found.values()]),
  };
}

// PostgreSQL takes no zero bytes in texts, and no halves of characters.
const isStorable = (word: string) => !/[\0\p{Cs}]/u.test(word);
const listOf = (words: readonly string[]) =>
  sql`jsonb_array_elements_text(${JSON.stringify(words.filter(isStorable))}::jsonb) w(word)`;

// Compared by the database, as its unique indexes are: not every letter has the same lower case in JavaScript.
async function idsOf<Id>(tx: Tx, words: readonly string[], table: SQL, name: SQL): Promise<Found<Id>> {
  if (words.length === 0) return new Map();
  const rows = await tx.execute<{ word: string; id: Id }>(
    sql`select w.word, t.id from ${listOf(words)} join ${table} t on lower(t.${name}) = lower(w.word)`,
  );
  return new Map(rows.map(({ word, id }) => [word, id]));
}

async function findCredentials(tx: Tx, words: readonly string[]): Promise<Found<CredentialInUse>> {
  if (words.length === 0) return new Map();
  const rows = await tx.execute<{
    word: string;
    id: CredentialId;
    reference: CredentialId | null;
    by: PersonId | null;
  }>(
    sql`select w.word, c.id, c.reference_id as reference, s.secret_entered_by as by from ${listOf(words)}
      join ${credentials} c on lower(c.name) = lower(w.word) and c.owner_id is null and c.type <> 'aws_access_key'
      join ${credentials} s on s.id = coalesce(c.reference_id, c.id)`,
  );
  return new Map(
    rows.map(({ word, id, reference, by }) => [word, { credentialId: id, referenceId: reference, enteredBy: by }]),
  );
}

async function findTargets(tx: Tx, found: readonly CredentialInUse[]): Promise<Lookups['targets']> {
  const ids = found.flatMap(({ credentialId, referenceId }) =>
    referenceId ? [credentialId, referenceId] : [credentialId],
  );
  const rows = await tx.execute<{ id: CredentialId; server: string; port: number; waits: boolean }>(
    sql`select credential_id as id, server, port, suspended_at is not null as waits from credential_targets
      where credential_id in (select word::uuid from ${listOf(ids)})`,
  );
  return rows.map(({ id, ...target }) => ({ credentialId: id, ...target }));
}

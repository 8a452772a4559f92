import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { alias, unionAll } from 'drizzle-orm/pg-core';
import type { PickedCredential, SharedCredentialFacts } from '../../server/decide/facts.ts';
import type { AccessLevelId, ComputerId, CredentialId, PersonId } from '../../server/ids.ts';
import type { RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { computerCredentials, computers, credentials, credentialTargets, favoriteCredentials } from '../schema.ts';
import { findUses } from './check-outs.ts';

/** The shared credentials of these computers: first the one of Connect, then those besides it by name. */
export async function loadSharedCredentials(
  tx: Tx,
  personId: PersonId,
  ids: readonly ComputerId[],
): Promise<Map<ComputerId, SharedCredentialFacts[]>> {
  const found = new Map<ComputerId, SharedCredentialFacts[]>();
  if (ids.length === 0) return found;
  const used = unionAll(
    tx
      .select({
        computerId: computers.id,
        credentialId: sql<CredentialId>`${computers.sharedCredentialId}`.as('credential_id'),
        accessLevelId: sql<AccessLevelId | null>`null::uuid`.as('access_level_id'),
      })
      .from(computers),
    tx
      .select({
        computerId: computerCredentials.computerId,
        credentialId: sql<CredentialId>`${computerCredentials.credentialId}`.as('credential_id'),
        accessLevelId: sql<AccessLevelId | null>`${computerCredentials.accessLevelId}`.as('access_level_id'),
      })
      .from(computerCredentials),
  ).as('used');
  const rows = await tx
    .select({
      computerId: used.computerId,
      id: credentials.id,
      accessLevelId: used.accessLevelId,
      referenceId: credentials.referenceId,
      isSuspended: isSuspendedThere,
    })
    .from(used)
    .innerJoin(computers, eq(computers.id, used.computerId))
    .innerJoin(credentials, and(eq(credentials.id, used.credentialId), isNull(credentials.ownerId)))
    .where(inArray(used.computerId, [...ids]))
    .orderBy(
      sql`${credentials.id} is distinct from ${computers.sharedCredentialId}`,
      asc(sql`lower(${credentials.name})`),
      asc(credentials.id),
    );
  const inUse = await usesBesides(tx, personId, [...new Set(rows.map(({ id }) => id))]);
  for (const { computerId, ...facts } of rows) {
    const all = found.get(computerId) ?? [];
    found.set(computerId, [...all, { ...facts, inUse: inUse.get(facts.id) ?? 'no' }]);
  }
  return found;
}

// At its first address. Where it waits at another one, that is left out of what is dialled when the first does not answer.
const isSuspendedThere = sql<boolean>`exists (
  select 1 from ${credentialTargets}
  where ${credentialTargets.credentialId} = ${credentials.id}
    and ${credentialTargets.server} = ${computers.server}
    and ${credentialTargets.port} = ${computers.port}
    and ${credentialTargets.suspendedAt} is not null)`;

/** How other people work with each of these credentials. */
async function usesBesides(tx: Tx, personId: PersonId, ids: readonly CredentialId[]) {
  const inUse = new Map<CredentialId, SharedCredentialFacts['inUse']>();
  for (const use of await findUses(tx, ids)) {
    if (!use.credentialId || use.personId === personId) continue;
    if (use.isExclusive) inUse.set(use.credentialId, 'exclusive');
    else if (!inUse.has(use.credentialId)) inUse.set(use.credentialId, 'shared');
  }
  return inUse;
}

/** Whose credential this is, and whose the one is that it refers to; `undefined` if there is none. */
export async function findPickedCredential(tx: Tx, id: CredentialId): Promise<PickedCredential | undefined> {
  const [row] = await tx
    .select(pickedColumns)
    .from(credentials)
    .leftJoin(reference, isReference)
    .where(eq(credentials.id, id));
  return row;
}

const reference = alias(credentials, 'reference');
const isReference = eq(reference.id, credentials.referenceId);
const pickedColumns = {
  id: credentials.id,
  ownerId: credentials.ownerId,
  // With its id: the owner alone is null of a shared one as of none.
  reference: { id: reference.id, ownerId: reference.ownerId },
};

/** A credential as a choice in the shop. */
export type NamedCredential = { id: CredentialId; name: string; username: string; type: RecordKind };

const namedColumns = {
  id: credentials.id,
  name: credentials.name,
  username: credentials.username,
  type: credentials.type,
};

/** What these credentials are called, by their ids. */
export async function findCredentialNames(
  tx: Tx,
  ids: readonly CredentialId[],
): Promise<Map<CredentialId, NamedCredential>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select(namedColumns)
    .from(credentials)
    .where(inArray(credentials.id, [...ids]));
  return new Map(rows.map((row) => [row.id, row]));
}

/** More than anybody chooses among; nobody can make the shop read without end. */
export const mostOwnCredentials = 200;

/** A person's own credentials, those they marked first, then by name. */
export async function findOwnCredentials(tx: Tx, ownerId: PersonId): Promise<(NamedCredential & PickedCredential)[]> {
  const isFavorite = sql`exists (
    select 1 from ${favoriteCredentials}
    where ${favoriteCredentials.credentialId} = ${credentials.id} and ${favoriteCredentials.personId} = ${ownerId})`;
  return tx
    .select({ ...namedColumns, ...pickedColumns })
    .from(credentials)
    .leftJoin(reference, isReference)
    .where(eq(credentials.ownerId, ownerId))
    .orderBy(sql`${isFavorite} desc`, asc(sql`lower(${credentials.name})`), asc(credentials.id))
    .limit(mostOwnCredentials);
}

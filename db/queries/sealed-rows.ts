import { and, asc, eq, gt, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { JobId, LaunchId, PersonId, SecretId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import type { SealedText } from '../schema/columns.ts';
import { auditEvents, jobs, launches, personKeys, secretRecipients, secrets, sessions } from '../schema.ts';

// Everything that a system key of the keyring wrapped or attested, wherever it stands. What is sealed elsewhere for the
// system belongs here as well, and in `server/vault/sealed-places.ts`.

/** A page of rows under one system key, in the order of their ids. */
export type Under = { keyId: string; after: string | null; limit: number };

type Wrapped = { keyId: string; wrappedKey: Uint8Array };

export async function listSecretsUnder(tx: Tx, { keyId, after, limit }: Under) {
  const { id, purpose } = secrets;
  return tx
    .select({ id, purpose, wrappedKey: secretRecipients.wrappedKey })
    .from(secretRecipients)
    .innerJoin(secrets, eq(secrets.id, secretRecipients.secretId))
    .where(and(eq(secretRecipients.kind, 'system'), eq(secretRecipients.keyId, keyId), isAfter(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

/** `false`: it is not under `from` any more, or gone. */
export async function rewrapSecret(tx: Tx, id: SecretId, from: string, to: Wrapped): Promise<boolean> {
  const { secretId, kind, keyId } = secretRecipients;
  const rows = await tx
    .update(secretRecipients)
    .set(to)
    .where(and(eq(secretId, id), eq(kind, 'system'), eq(keyId, from)))
    .returning({ id: secretId });
  return rows.length === 1;
}

export async function listLaunchesUnder(tx: Tx, { keyId, after, limit }: Under) {
  const { id, sealedKeys } = launches;
  return tx
    .select({ id, text: sealedKeys })
    .from(launches)
    .where(and(isUnder(sealedKeys, keyId), isAfter(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

/** As `rewrapSecret`, and only while the text is still the one that was wrapped again. */
export async function rewrapLaunch(tx: Tx, id: LaunchId, from: string, to: SealedText): Promise<boolean> {
  const rows = await tx
    .update(launches)
    .set({ sealedKeys: to })
    .where(and(eq(launches.id, id), isSame(launches.sealedKeys, from, to)))
    .returning({ id: launches.id });
  return rows.length === 1;
}

export async function listOwedEndsUnder(tx: Tx, { keyId, after, limit }: Under) {
  const { id, endOwed } = sessions;
  return tx
    .select({ id, text: endOwed })
    .from(sessions)
    .where(and(isNotNull(endOwed), isUnder(endOwed, keyId), isAfter(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

export async function rewrapOwedEnd(tx: Tx, id: SessionId, from: string, to: SealedText): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({ endOwed: to })
    .where(and(eq(sessions.id, id), isSame(sessions.endOwed, from, to)))
    .returning({ id: sessions.id });
  return rows.length === 1;
}

export async function listJobsUnder(tx: Tx, { keyId, after, limit }: Under) {
  const { id, kind, sessionId, payload } = jobs;
  return tx
    .select({ id, kind, sessionId, text: payload })
    .from(jobs)
    .where(and(isNotNull(payload), isUnder(payload, keyId), isAfter(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

export async function rewrapJob(tx: Tx, id: JobId, from: string, to: SealedText): Promise<boolean> {
  const rows = await tx
    .update(jobs)
    .set({ payload: to })
    .where(and(eq(jobs.id, id), isSame(jobs.payload, from, to)))
    .returning({ id: jobs.id });
  return rows.length === 1;
}

export async function listAttestedBy(tx: Tx, { keyId, after, limit }: Under) {
  const { personId: id, publicKey, attestedBy, attestation } = personKeys;
  return tx
    .select({ id, publicKey, attestedBy, attestation })
    .from(personKeys)
    .where(and(eq(attestedBy, keyId), isAfter(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

type Attestation = { attestedBy: string; attestation: Uint8Array };

/** `false`: the person has another key by now, or one that somebody else attested. */
export async function attestPersonKey(
  tx: Tx,
  { id, publicKey, attestedBy: from }: { id: PersonId; publicKey: Uint8Array; attestedBy: string },
  to: Attestation,
): Promise<boolean> {
  const { personId, attestedBy } = personKeys;
  const rows = await tx
    .update(personKeys)
    .set(to)
    .where(and(eq(personId, id), eq(personKeys.publicKey, publicKey), eq(attestedBy, from)))
    .returning({ id: personId });
  return rows.length === 1;
}

const sealedPlaces = ['secrets', 'launches', 'owed_ends', 'jobs', 'person_keys'] as const;
export type SealedPlaceName = (typeof sealedPlaces)[number];
export type SealedCount = { place: SealedPlaceName; keyId: string; n: number };

/** How much each system key holds, everywhere at one moment. */
export async function countSealed(tx: Tx): Promise<SealedCount[]> {
  const rows = await tx.execute<SealedCount>(sql`
    select place, key_id as "keyId", count(*)::int as n from (
      select 'secrets' as place, key_id from secret_recipients where kind = 'system'
      union all select 'launches', sealed_keys ->> 'keyId' from launches
      union all select 'owed_ends', end_owed ->> 'keyId' from sessions where end_owed is not null
      union all select 'jobs', payload ->> 'keyId' from jobs where payload is not null
      union all select 'person_keys', attested_by from person_keys
    ) as sealed group by place, key_id order by place, key_id`);
  return [...rows];
}

/** When a system key was taken out of the keyring, as the audit log knows it; `undefined`: it was not. */
export async function findRetirement(tx: Tx, keyId: string): Promise<Date | undefined> {
  const { at, kind, subject } = auditEvents;
  const [row] = await tx
    .select({ at })
    .from(auditEvents)
    .where(and(eq(kind, 'keyring.key_retired'), sql`${subject} ->> 'keyId' = ${keyId}`))
    .limit(1);
  return row?.at;
}

function isUnder(column: PgColumn, keyId: string): SQL {
  return sql`${column} ->> 'keyId' = ${keyId}`;
}

function isSame(column: PgColumn, from: string, { id }: SealedText): SQL | undefined {
  return and(isUnder(column, from), sql`${column} ->> 'id' = ${id}`);
}

function isAfter(column: PgColumn, after: string | null): SQL | undefined {
  return after === null ? undefined : gt(column, after);
}

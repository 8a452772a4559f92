import { and, asc, eq, inArray, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { ComputerId, CredentialId, PersonId, SecretId } from '../../server/ids.ts';
import type { RecordKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import {
  computerCredentials,
  computers,
  credentials,
  credentialTargets,
  hostKeys,
  type SuspensionCause,
} from '../schema.ts';

export type Address = { server: string; port: number };
/** The addresses of a computer in the order in which they are dialled. */
export function addressesOf(computer: {
  server: string;
  server2: string | null;
  server3: string | null;
  port: number;
}): Address[] {
  const { server, server2, server3, port } = computer;
  return [server, server2, server3].flatMap((name) => (name === null ? [] : [{ server: name, port }]));
}

export type CredentialTarget = Address & { credentialId: CredentialId };
export type Suspension = { at: Date; by: PersonId | null; why: SuspensionCause };

/** A shared credential, locked, with who entered the secret that it signs in with; `null`: the installation itself. */
export type CredentialInUse = {
  credentialId: CredentialId;
  /** The record whose secret it uses, if not its own. */
  referenceId: CredentialId | null;
  enteredBy: PersonId | null;
};

/**
 * Keeps these addresses to this transaction: what is bound to one, and which host key is pinned there, must not change
 * at the same moment. Locked after computers and credentials, and in one order, so that nobody waits in a circle.
 */
export async function lockAddresses(tx: Tx, addresses: readonly Address[]): Promise<void> {
  const keys = [...new Set(addresses.map(({ server, port }) => `${server} ${port}`))].sort();
  for (const key of keys) await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`);
}

/**
 * Locks shared credentials together with the records they refer to, in the order of their ids, so that nobody waits in a
 * circle. What is no shared credential is not among them.
 */
export async function lockCredentialsForUse(
  tx: Tx,
  ids: readonly CredentialId[],
): Promise<ReadonlyMap<CredentialId, CredentialInUse>> {
  const wanted = inArray(credentials.id, [...ids]);
  const referred = tx
    .select({ id: credentials.referenceId })
    .from(credentials)
    .where(and(wanted, isNotNull(credentials.referenceId)));
  const rows = await tx
    .select({
      credentialId: credentials.id,
      ownerId: credentials.ownerId,
      type: credentials.type,
      referenceId: credentials.referenceId,
      enteredBy: credentials.secretEnteredBy,
    })
    .from(credentials)
    .where(or(wanted, inArray(credentials.id, referred)))
    .orderBy(asc(credentials.id))
    .for('update');
  const byId = new Map(rows.map((row) => [row.credentialId, row]));
  const shared = rows.filter(
    ({ credentialId, ownerId, type }) => ownerId === null && type !== 'aws_access_key' && ids.includes(credentialId),
  );
  return new Map(
    shared.map(({ credentialId, referenceId }) => {
      const secretOf = byId.get(referenceId ?? credentialId);
      return [credentialId, { credentialId, referenceId, enteredBy: secretOf?.enteredBy ?? null }];
    }),
  );
}

/**
 * Lets a credential be used at this address with the host key that is pinned there, or has it wait there; `false` when
 * the address is one of its already, which then stays as it was.
 */
export async function insertCredentialTarget(
  tx: Tx,
  { credentialId, server, port, suspended }: CredentialTarget & { suspended?: Suspension | undefined },
): Promise<boolean> {
  const hostKey = tx
    .select({ fingerprint: hostKeys.fingerprint })
    .from(hostKeys)
    .where(and(eq(hostKeys.server, server), eq(hostKeys.port, port)));
  const rows = await tx
    .insert(credentialTargets)
    .values({
      credentialId,
      server,
      port,
      hostKey: sql`${hostKey}`,
      suspendedAt: suspended?.at ?? null,
      suspendedBy: suspended?.by ?? null,
      suspendedWhy: suspended?.why ?? null,
    })
    .onConflictDoNothing()
    .returning({ port: credentialTargets.port });
  return rows.length === 1;
}

/** Forgets the addresses of these credentials, and of the records they refer to, at which no computer uses them any more. */
export async function deleteUnusedTargets(tx: Tx, ids: readonly CredentialId[]): Promise<void> {
  if (ids.length === 0) return;
  const records = alias(credentials, 'records');
  const referred = tx
    .select({ id: credentials.referenceId })
    .from(credentials)
    .where(and(inArray(credentials.id, [...ids]), isNotNull(credentials.referenceId)));
  const isUsedBy = sql`exists (select 1 from ${credentials} ${records}
    where (${records.id} = ${credentialTargets.credentialId} or ${records.referenceId} = ${credentialTargets.credentialId})
      and ${isOfComputer(sql`${records.id}`)})`;
  const isUsed = sql`exists (select 1 from ${computers} where ${computers.port} = ${credentialTargets.port}
    and ${credentialTargets.server} in (${computers.server}, ${computers.server2}, ${computers.server3}) and ${isUsedBy})`;
  await tx
    .delete(credentialTargets)
    .where(
      and(
        or(inArray(credentialTargets.credentialId, [...ids]), inArray(credentialTargets.credentialId, referred)),
        sql`not ${isUsed}`,
      ),
    );
}

/** The credential is what Connect signs in with at the computer of the same query, or a further one of it. */
function isOfComputer(credentialId: SQL): SQL {
  return sql`(${computers.sharedCredentialId} = ${credentialId} or exists (select 1 from ${computerCredentials}
    where ${computerCredentials.computerId} = ${computers.id} and ${computerCredentials.credentialId} = ${credentialId}))`;
}

export type CredentialForRelease = {
  type: RecordKind;
  username: string;
  secretId: SecretId;
  /** The record for which the secret was sealed: itself, or the one it refers to. */
  secretOf: CredentialId;
  /** It waits at this address for its secret to be entered again, or for somebody to confirm: it must not be released. */
  suspended: boolean;
};

/**
 * What is to be released for a computer: a shared credential, if it is still one of the computer's, the computer still
 * has the address for which the connection was authorised, and the credential was put to use there; with the secret of
 * the record it refers to, if that was put to use there too.
 */
export async function findCredentialFor(
  tx: Tx,
  target: Address & { computerId: ComputerId; credentialId: CredentialId },
): Promise<CredentialForRelease | undefined> {
  const secretOf = alias(credentials, 'secret_of');
  const secretTarget = alias(credentialTargets, 'secret_target');
  const [row] = await tx
    .select({
      type: credentials.type,
      username: credentials.username,
      secretId: secretOf.secretId,
      secretOf: secretOf.id,
      suspended: sql<boolean>`num_nonnulls(${credentialTargets.suspendedAt}, ${secretTarget.suspendedAt}) > 0`,
    })
    .from(computers)
    .innerJoin(credentials, isOfComputer(sql`${credentials.id}`))
    .innerJoin(secretOf, sql`${secretOf.id} = coalesce(${credentials.referenceId}, ${credentials.id})`)
    .innerJoin(
      credentialTargets,
      and(
        eq(credentialTargets.credentialId, credentials.id),
        eq(credentialTargets.server, computers.server),
        eq(credentialTargets.port, computers.port),
      ),
    )
    .innerJoin(
      secretTarget,
      and(
        eq(secretTarget.credentialId, secretOf.id),
        eq(secretTarget.server, computers.server),
        eq(secretTarget.port, computers.port),
      ),
    )
    .where(
      and(
        eq(computers.id, target.computerId),
        eq(credentials.id, target.credentialId),
        eq(computers.server, target.server),
        eq(computers.port, target.port),
        isNull(credentials.ownerId),
        isNull(secretOf.ownerId),
      ),
    );
  return row?.secretId ? { ...row, secretId: row.secretId } : undefined;
}

/**
 * Whether the secret of this credential may be shown at this address now: to a host with this key, or to whichever is
 * pinned there when none is given. Personal credentials are bound to no address.
 */
export async function maySecretGoTo(
  tx: Tx,
  { credentialId, server, port, fingerprint }: CredentialTarget & { fingerprint?: string },
): Promise<boolean> {
  const isRightKey =
    fingerprint === undefined
      ? undefined
      : or(isNull(credentialTargets.hostKey), eq(credentialTargets.hostKey, fingerprint));
  const [row] = await tx
    .select({
      may: sql<boolean>`${credentials.ownerId} is not null
        or count(${credentialTargets.port}) = num_nonnulls(${credentials.id}, ${credentials.referenceId})`,
    })
    .from(credentials)
    .leftJoin(
      credentialTargets,
      and(
        sql`${credentialTargets.credentialId} in (${credentials.id}, ${credentials.referenceId})`,
        eq(credentialTargets.server, server),
        eq(credentialTargets.port, port),
        isNull(credentialTargets.suspendedAt),
        isRightKey,
      ),
    )
    .where(eq(credentials.id, credentialId))
    .groupBy(credentials.id);
  return row?.may ?? false;
}

/** The computers that use this shared credential, each with its addresses. */
export async function listUses(tx: Tx, id: CredentialId): Promise<(Address & { computerId: ComputerId })[]> {
  const rows = await tx
    .select({
      computerId: computers.id,
      server: computers.server,
      server2: computers.server2,
      server3: computers.server3,
      port: computers.port,
    })
    .from(computers)
    .where(isOfComputer(sql`${id}::uuid`))
    .orderBy(asc(computers.id));
  return rows.flatMap(({ computerId, ...row }) => addressesOf(row).map((address) => ({ computerId, ...address })));
}

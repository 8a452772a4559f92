import { and, asc, count, eq, inArray, isNotNull, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { CredentialId, PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { SuspensionSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { auditEvents, credentials, credentialTargets, people, type SuspensionCause } from '../schema.ts';
import type { Address, CredentialTarget, Suspension } from './credential-targets.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

// Written out: the builder leaves tables away where it selects from one.
const pinnedThere = sql<string | null>`(select k.fingerprint from host_keys k
  where k.server = credential_targets.server and k.port = credential_targets.port)`;

/**
 * Binds what was put to use at an address before a key was pinned there, and has what was entered for another key wait;
 * answers what was stopped, with the key it was entered for.
 */
export async function followHostKey(
  tx: Tx,
  { server, port, fingerprint }: Address & { fingerprint: string },
  suspended: Suspension,
): Promise<{ credentialId: CredentialId; hostKey: string | null }[]> {
  await tx
    .update(credentialTargets)
    .set({ hostKey: fingerprint })
    .where(and(...at({ server, port }), isNull(credentialTargets.hostKey)));
  return tx
    .update(credentialTargets)
    .set({ suspendedAt: suspended.at, suspendedBy: suspended.by, suspendedWhy: suspended.why })
    .where(
      and(...at({ server, port }), ne(credentialTargets.hostKey, fingerprint), isNull(credentialTargets.suspendedAt)),
    )
    .returning({ credentialId: credentialTargets.credentialId, hostKey: credentialTargets.hostKey });
}

function at({ server, port }: Address): SQL[] {
  return [eq(credentialTargets.server, server), eq(credentialTargets.port, port)];
}

export type SuspendedTarget = CredentialTarget & {
  at: Date;
  by: PersonId | null;
  why: SuspensionCause;
  hostKey: string | null;
};

/** Where a credential waits, and where those wait that use its secret. In the order of addresses. */
export async function listSuspensions(tx: Tx, secretOf: CredentialId): Promise<SuspendedTarget[]> {
  const rows = await tx
    .select({
      credentialId: credentialTargets.credentialId,
      server: credentialTargets.server,
      port: credentialTargets.port,
      at: credentialTargets.suspendedAt,
      by: credentialTargets.suspendedBy,
      why: credentialTargets.suspendedWhy,
      hostKey: credentialTargets.hostKey,
    })
    .from(credentialTargets)
    .innerJoin(credentials, eq(credentials.id, credentialTargets.credentialId))
    .where(
      and(
        or(eq(credentials.id, secretOf), eq(credentials.referenceId, secretOf)),
        isNotNull(credentialTargets.suspendedAt),
      ),
    )
    .orderBy(asc(credentialTargets.server), asc(credentialTargets.port), asc(credentialTargets.credentialId));
  return rows.flatMap(({ why, at, ...row }) => (why && at ? [{ ...row, why, at }] : []));
}

/** Every address of a credential and of those that use its secret. */
export async function listAddresses(tx: Tx, secretOf: CredentialId): Promise<Address[]> {
  return tx
    .selectDistinct({ server: credentialTargets.server, port: credentialTargets.port })
    .from(credentialTargets)
    .innerJoin(credentials, eq(credentials.id, credentialTargets.credentialId))
    .where(or(eq(credentials.id, secretOf), eq(credentials.referenceId, secretOf)));
}

// Where none is pinned the earlier key counts on: whoever took it back must not have any other be the first.
const released = {
  hostKey: sql`coalesce(${pinnedThere}, credential_targets.host_key)`,
  suspendedAt: null,
  suspendedBy: null,
  suspendedWhy: null,
};

/** Binds a credential and those that use its secret anew, as if they were put to use now: none of them waits any more. */
export async function bindAnew(tx: Tx, secretOf: CredentialId): Promise<void> {
  const users = tx
    .select({ id: credentials.id })
    .from(credentials)
    .where(or(eq(credentials.id, secretOf), eq(credentials.referenceId, secretOf)));
  await tx.update(credentialTargets).set(released).where(inArray(credentialTargets.credentialId, users));
}

/** The same at one address, for one credential. */
export async function bindAnewAt(tx: Tx, { credentialId, ...address }: CredentialTarget): Promise<void> {
  await tx
    .update(credentialTargets)
    .set(released)
    .where(and(eq(credentialTargets.credentialId, credentialId), ...at(address)));
}

/** Where a credential waits, locked; `undefined` when it does not. */
export async function lockSuspendedTarget(
  tx: Tx,
  { credentialId, ...address }: CredentialTarget,
): Promise<(SuspendedTarget & { pinned: string | null }) | undefined> {
  const [row] = await tx
    .select({
      by: credentialTargets.suspendedBy,
      why: credentialTargets.suspendedWhy,
      at: credentialTargets.suspendedAt,
      hostKey: credentialTargets.hostKey,
      pinned: pinnedThere,
    })
    .from(credentialTargets)
    .where(and(eq(credentialTargets.credentialId, credentialId), ...at(address)))
    .for('update');
  if (!row?.why || !row.at) return undefined;
  return { credentialId, ...address, by: row.by, hostKey: row.hostKey, pinned: row.pinned, why: row.why, at: row.at };
}

/** Whether this person once took back the approval of this very key of an address. */
export async function hasForgottenKey(
  tx: Tx,
  { personId, server, port, fingerprint }: Address & { personId: PersonId; fingerprint: string },
): Promise<boolean> {
  const [row] = await tx
    .select({ seq: auditEvents.seq })
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.kind, 'host_key.forgotten'),
        eq(auditEvents.actorId, personId),
        sql`${auditEvents.subject} @> ${JSON.stringify({ server, port, fingerprint })}::jsonb`,
      ),
    )
    .limit(1);
  return row !== undefined;
}

/** A credential that waits at an address, as an administrator sees it who is to say whether it may go there. */
export type WaitingTarget = CredentialTarget & {
  credential: { name: string; username: string };
  why: SuspensionCause;
  at: Date;
  by: { personId: PersonId; name: string } | null;
  /** The address or the host key that it was used for before. */
  from: string | null;
  /** The host key it was entered for, and the one that is pinned there now. */
  hostKey: string | null;
  pinned: string | null;
  /** Names of computers at that address that use it, themselves or by another record: the first few, and how many. */
  computers: string[];
  computerCount: number;
};

const users = sql`from computers c where c.port = ${credentialTargets.port}
  and ${credentialTargets.server} in (c.server, c.server2, c.server3) and exists (
    select 1 from credentials r where ${credentialTargets.credentialId} in (r.id, r.reference_id)
      and (r.id = c.shared_credential_id or exists (
        select 1 from computer_credentials f where f.computer_id = c.id and f.credential_id = r.id)))`;

// What it was before is evidence only: the row of an address that is not used any more is gone.
const from = sql<string | null>`(select e.subject ->> 'from' from audit_events e where e.kind = 'credential.suspended'
  and e.subject ->> 'credentialId' = ${credentialTargets.credentialId}::text
  and e.subject ->> 'server' = ${credentialTargets.server} and (e.subject ->> 'port')::int = ${credentialTargets.port}
  order by e.at desc limit 1)`;

const waitingOrders = {
  since: sql`${credentialTargets.suspendedAt}`,
  credential: sql`lower(${credentials.name})`,
  address: sql`lower(${credentialTargets.server})`,
};

/** One page of what waits for somebody to confirm it. */
export async function pageOfWaiting(tx: Tx, query: ListQuery<SuspensionSort>): Promise<Page<WaitingTarget>> {
  const computers = sql`array(select c.name ${users})`;
  const texts = [credentials.name, credentials.username, credentialTargets.server, people.name, computers];
  const where = and(
    isNotNull(credentialTargets.suspendedAt),
    matchesAll(
      query.search,
      texts.map((text) => sql`coalesce(${text}::text, '')`),
    ),
  );
  const isCredential = eq(credentials.id, credentialTargets.credentialId);
  const isBy = eq(people.id, credentialTargets.suspendedBy);
  return readPage(
    query,
    async () => {
      const all = tx.select({ n: count() }).from(credentialTargets).innerJoin(credentials, isCredential);
      return (await all.leftJoin(people, isBy).where(where))[0]?.n ?? 0;
    },
    async ({ limit, offset }) => {
      const rows = await tx
        .select({
          credentialId: credentialTargets.credentialId,
          server: credentialTargets.server,
          port: credentialTargets.port,
          credential: { name: credentials.name, username: credentials.username },
          why: credentialTargets.suspendedWhy,
          at: credentialTargets.suspendedAt,
          by: { personId: people.id, name: people.name },
          from,
          hostKey: credentialTargets.hostKey,
          pinned: pinnedThere,
          computers: sql<string[]>`array(select c.name ${users} order by lower(c.name) limit 3)`,
          computerCount: sql<number>`(select count(*)::int ${users})`,
        })
        .from(credentialTargets)
        .innerJoin(credentials, isCredential)
        .leftJoin(people, isBy)
        .where(where)
        .orderBy(
          ...orderOf(query, waitingOrders, credentialTargets.server),
          asc(credentials.id),
          asc(credentialTargets.port),
        )
        .limit(limit)
        .offset(offset);
      return rows.flatMap(({ why, at, ...row }) => (why && at ? [{ ...row, why, at }] : []));
    },
  );
}

/** How many bindings wait for somebody to confirm them. */
export async function countWaiting(tx: Tx): Promise<number> {
  const [row] = await tx.select({ n: count() }).from(credentialTargets).where(isNotNull(credentialTargets.suspendedAt));
  return row?.n ?? 0;
}

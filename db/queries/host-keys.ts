import { and, eq, sql } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { HostKeySort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { hostKeys, people } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound } from './page.ts';

export type PinnedHostKey = { keyType: string; publicKey: Uint8Array; fingerprint: string };

export type HostKeyRow = {
  server: string;
  port: number;
  keyType: string;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  fingerprint: string;
  pinnedAt: Date;
  pinnedBy: { personId: PersonId; name: string } | null;
};

export async function findHostKey(tx: Tx, server: string, port: number): Promise<PinnedHostKey | undefined> {
  const [row] = await tx
    .select({ keyType: hostKeys.keyType, publicKey: hostKeys.publicKey, fingerprint: hostKeys.fingerprint })
    .from(hostKeys)
    .where(and(eq(hostKeys.server, server), eq(hostKeys.port, port)));
  return row;
}

/** The pinned keys whose address, key or approver has all words of the search. */
export async function pageOfHostKeys(tx: Tx, query: ListQuery<HostKeySort>): Promise<Page<HostKeyRow>> {
  const address = sql`${hostKeys.server} || ':' || ${hostKeys.port}`;
  const wanted = matchesAll(query.search, [address, hostKeys.fingerprint, hostKeys.keyType, people.name]);
  const order = { address: sql`lower(${hostKeys.server})`, pinned: hostKeys.pinnedAt };
  const found = () =>
    tx
      .select({
        server: hostKeys.server,
        port: hostKeys.port,
        keyType: hostKeys.keyType,
        fingerprint: hostKeys.fingerprint,
        pinnedAt: hostKeys.pinnedAt,
        pinnedBy: { personId: people.id, name: people.name },
      })
      .from(hostKeys)
      .leftJoin(people, eq(people.id, hostKeys.pinnedBy))
      .where(wanted);
  return pageOfFound(tx, query, found, orderOf(query, order, sql`(${hostKeys.server}, ${hostKeys.port})`));
}

/** Pins a key unless the address has one already; answers whether this call did. */
export async function insertHostKey(
  tx: Tx,
  key: PinnedHostKey & { server: string; port: number; pinnedBy: PersonId; pinnedAt: Date },
): Promise<boolean> {
  const rows = await tx.insert(hostKeys).values(key).onConflictDoNothing().returning({ server: hostKeys.server });
  return rows.length === 1;
}

/** Forgets the key of an address; answers which one it was. */
export async function deleteHostKey(
  tx: Tx,
  server: string,
  port: number,
): Promise<{ fingerprint: string } | undefined> {
  const [row] = await tx
    .delete(hostKeys)
    .where(and(eq(hostKeys.server, server), eq(hostKeys.port, port)))
    .returning({ fingerprint: hostKeys.fingerprint });
  return row;
}

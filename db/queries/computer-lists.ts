import { count, eq, sql } from 'drizzle-orm';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { ComputerSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { computerCredentials, computers, credentials, credentialTargets, hostKeys } from '../schema.ts';
import { type ComputerWithCredential, computerColumns } from './computers.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

/** A computer as an administrator sees it: its credentials by name, never by content. */
export type ListedComputer = ComputerWithCredential & {
  /** How many credentials it has besides that of Connect. */
  furtherCredentials: number;
  /** How many of its servers have a host key pinned. */
  pinnedServers: number;
  /** How many bindings of its credentials wait at its servers. */
  waiting: number;
};

const byName = sql`lower(${computers.name})`;
const servers = sql`(${computers.server}, ${computers.server2}, ${computers.server3})`;
const furtherCredentials = sql<number>`(select count(*)::int from ${computerCredentials}
  where ${computerCredentials.computerId} = ${computers.id})`;
const pinnedServers = sql<number>`(select count(*)::int from ${hostKeys}
  where ${hostKeys.port} = ${computers.port} and ${hostKeys.server} in ${servers})`;
const ownCredentials = sql`(select r.id from credentials r where r.id = ${computers.sharedCredentialId}
    or exists (select 1 from computer_credentials f where f.computer_id = ${computers.id} and f.credential_id = r.id))`;
const waiting = sql<number>`(select count(*)::int from ${credentialTargets}
  where ${credentialTargets.suspendedAt} is not null and ${credentialTargets.port} = ${computers.port}
    and ${credentialTargets.server} in ${servers}
    and (${credentialTargets.credentialId} in ${ownCredentials}
      or ${credentialTargets.credentialId} in (select o.reference_id from credentials o where o.id in ${ownCredentials})))`;

const orders = {
  name: byName,
  address: sql`lower(${computers.server})`,
  credential: sql`lower(${credentials.name})`,
  state: sql`(${computers.disabledAt} is not null)`,
};

/** One page of all computers; searched by name, description, server, mode and credential. */
export async function pageOfComputers(tx: Tx, query: ListQuery<ComputerSort>): Promise<Page<ListedComputer>> {
  const { name, description, server, server2, server3, mode } = computers;
  const servers = [server, sql`coalesce(${server2}, '')`, sql`coalesce(${server3}, '')`];
  const credential = sql`coalesce(${credentials.name}, '')`;
  const where = matchesAll(query.search, [name, description, ...servers, mode, credential]);
  const isCredential = eq(credentials.id, computers.sharedCredentialId);
  return readPage(
    query,
    async () => {
      const [row] = await tx.select({ n: count() }).from(computers).leftJoin(credentials, isCredential).where(where);
      return row?.n ?? 0;
    },
    ({ limit, offset }) =>
      tx
        .select({ ...computerColumns, furtherCredentials, pinnedServers, waiting })
        .from(computers)
        .leftJoin(credentials, isCredential)
        .where(where)
        .orderBy(...orderOf(query, orders, computers.id))
        .limit(limit)
        .offset(offset),
  );
}

/** Every computer by name, for a file. */
export async function listComputersForExport(tx: Tx): Promise<ComputerWithCredential[]> {
  return tx
    .select(computerColumns)
    .from(computers)
    .leftJoin(credentials, eq(credentials.id, computers.sharedCredentialId))
    .orderBy(byName, computers.id);
}

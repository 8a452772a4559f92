import { and, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CredentialId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { credentials, credentialTargets, hostKeys, people } from '../schema.ts';
import type { Address } from './credential-targets.ts';

/** One of the servers of a computer: which host key it must show, and which credentials wait there. */
export type ComputerPlace = Address & {
  hostKey: { keyType: string; fingerprint: string; pinnedAt: Date; pinnedBy: string | null } | null;
  waiting: { credentialId: CredentialId; name: string }[];
};

/** The places of a computer that has these credentials, in the order of its addresses. */
export async function listPlaces(
  tx: Tx,
  addresses: readonly Address[],
  ids: readonly CredentialId[],
): Promise<ComputerPlace[]> {
  const servers = addresses.map(({ server }) => server);
  const keys = await tx
    .select({
      server: hostKeys.server,
      port: hostKeys.port,
      keyType: hostKeys.keyType,
      fingerprint: hostKeys.fingerprint,
      pinnedAt: hostKeys.pinnedAt,
      pinnedBy: people.name,
    })
    .from(hostKeys)
    .leftJoin(people, eq(people.id, hostKeys.pinnedBy))
    .where(inArray(hostKeys.server, servers));
  const waiting = await listWaitingAt(tx, servers, ids);
  return addresses.map(({ server, port }) => {
    const isHere = (other: Address) => other.server === server && other.port === port;
    const { server: _, port: __, ...hostKey } = keys.find(isHere) ?? { server, port };
    const names = waiting.filter(isHere).map(({ credentialId, name }) => ({ credentialId, name }));
    return { server, port, hostKey: 'fingerprint' in hostKey ? hostKey : null, waiting: names };
  });
}

async function listWaitingAt(tx: Tx, servers: readonly string[], ids: readonly CredentialId[]) {
  if (ids.length === 0) return [];
  const referring = alias(credentials, 'referring');
  const isReferred = sql`exists (select 1 from ${credentials} ${referring}
    where ${inArray(referring.id, [...ids])} and ${referring.referenceId} = ${credentials.id})`;
  return tx
    .select({
      credentialId: credentials.id,
      name: credentials.name,
      server: credentialTargets.server,
      port: credentialTargets.port,
    })
    .from(credentialTargets)
    .innerJoin(credentials, eq(credentials.id, credentialTargets.credentialId))
    .where(
      and(
        inArray(credentialTargets.server, [...servers]),
        isNotNull(credentialTargets.suspendedAt),
        or(inArray(credentials.id, [...ids]), isReferred),
      ),
    )
    .orderBy(sql`lower(${credentials.name})`);
}

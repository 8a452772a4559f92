import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type {
  AccessLevelId,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  PersonId,
  PolicyId,
} from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, computers, credentials, grants, groups, people, policies } from '../schema.ts';

/** Things that the log names by their ids only. */
export type NamedIds = {
  person: PersonId[];
  group: GroupId[];
  computer: ComputerId[];
  credential: CredentialId[];
  policy: PolicyId[];
  accessLevel: AccessLevelId[];
  grant: GrantId[];
};

/** The names they have today, by `person/<id>` and so on. A personal credential has a name for its owner alone. */
export async function namesOf(tx: Tx, ids: NamedIds): Promise<Map<string, string>> {
  const found = await Promise.all([
    some(ids.person, (each) =>
      tx.select({ id: people.id, name: people.name }).from(people).where(inArray(people.id, each)),
    ),
    some(ids.group, (each) =>
      tx.select({ id: groups.id, name: groups.name }).from(groups).where(inArray(groups.id, each)),
    ),
    some(ids.computer, (each) =>
      tx.select({ id: computers.id, name: computers.name }).from(computers).where(inArray(computers.id, each)),
    ),
    some(ids.credential, (each) =>
      tx
        .select({ id: credentials.id, name: credentials.name })
        .from(credentials)
        .where(and(inArray(credentials.id, each), isNull(credentials.ownerId))),
    ),
    some(ids.policy, (each) =>
      tx.select({ id: policies.id, name: policies.name }).from(policies).where(inArray(policies.id, each)),
    ),
    some(ids.accessLevel, (each) =>
      tx
        .select({ id: accessLevels.id, name: accessLevels.name })
        .from(accessLevels)
        .where(inArray(accessLevels.id, each)),
    ),
    some(ids.grant, (each) => grantNames(tx, each)),
  ]);
  const things = Object.keys(ids) as (keyof NamedIds)[];
  return new Map(
    things.flatMap((thing, index) => (found[index] ?? []).map(({ id, name }) => [`${thing}/${id}`, name] as const)),
  );
}

type Named = { id: string | number; name: string };

async function some<Id>(ids: Id[], find: (ids: Id[]) => PromiseLike<Named[]>): Promise<Named[]> {
  return ids.length === 0 ? [] : find(ids);
}

function grantNames(tx: Tx, ids: GrantId[]) {
  return tx
    .select({
      id: grants.id,
      name: sql<string>`coalesce(${people.name}, ${groups.name}, 'nobody') || ' on ' || coalesce(${computers.name}, ${credentials.name}, '?')`,
    })
    .from(grants)
    .leftJoin(computers, eq(computers.id, grants.computerId))
    .leftJoin(credentials, eq(credentials.id, grants.credentialId))
    .leftJoin(people, eq(people.id, grants.personId))
    .leftJoin(groups, eq(groups.id, grants.groupId))
    .where(inArray(grants.id, ids));
}

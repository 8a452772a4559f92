import { eq, sql } from 'drizzle-orm';
import type {
  AccessLevelId,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  PersonId,
  PolicyId,
} from '../../server/ids.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { GrantSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, awsRecords, computers, credentials, grants, groups, people, policies } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound } from './page.ts';

export type GrantRow = {
  grantId: GrantId;
  person: { personId: PersonId; name: string; email: string } | null;
  group: { groupId: GroupId; name: string } | null;
  /** Of this and `record` one is there. */
  computer: { computerId: ComputerId; name: string } | null;
  record: { credentialId: CredentialId; name: string; number: number } | null;
  policy: { policyId: PolicyId; name: string };
  /** NULL: the standard level. */
  accessLevel: { accessLevelId: AccessLevelId; name: string } | null;
  startsAt: Date | null;
  endsAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
};

export async function insertGrant(
  tx: Tx,
  grant: {
    id: GrantId;
    personId: PersonId | null;
    groupId: GroupId | null;
    computerId: ComputerId | null;
    credentialId?: CredentialId | null;
    policyId: PolicyId;
    accessLevelId: AccessLevelId | null;
    startsAt: Date | null;
    endsAt: Date | null;
    createdBy: PersonId;
    createdAt: Date;
  },
): Promise<void> {
  await tx.insert(grants).values(grant);
}

/**
 * The grants whose person, group, computer or record, policy, level or state at `now` have all words of the search. Revoked ones
 * come last, however the others are sorted.
 */
export async function pageOfGrants(tx: Tx, query: ListQuery<GrantSort>, now: Date): Promise<Page<GrantRow>> {
  const what = sql`coalesce(${computers.name}, ${credentials.name})`;
  const who = sql`coalesce(${people.name}, ${groups.name})`;
  const wanted = matchesAll(query.search, [
    who,
    people.email,
    what,
    policies.name,
    sql`coalesce(${accessLevels.name}, 'standard')`,
    stateAt(now),
  ]);
  const order = {
    computer: sql`lower(${what})`,
    who: sql`lower(${who})`,
    policy: sql`lower(${policies.name})`,
    from: grants.startsAt,
    until: sql`coalesce(${grants.endsAt}, 'infinity')`,
  };
  const found = () => joined(tx).where(wanted);
  return pageOfFound(tx, query, found, [sql`${grants.revokedAt} is not null`, ...orderOf(query, order, grants.id)]);
}

// In the words of the list, so that they can be searched for.
function stateAt(now: Date) {
  const at = sql`${now.toISOString()}::timestamptz`;
  return sql`case when ${grants.revokedAt} is not null then 'revoked' when ${grants.endsAt} <= ${at} then 'ended'
    when ${grants.startsAt} > ${at} then 'starts later' else 'in force' end`;
}

function joined(tx: Tx) {
  return tx
    .select({
      grantId: sql<GrantId>`${grants.id}`.as('grant_id'),
      person: { personId: people.id, name: people.name, email: people.email },
      group: { groupId: groups.id, name: groups.name },
      computer: { computerId: computers.id, name: computers.name },
      record: {
        credentialId: awsRecords.credentialId,
        name: sql<string>`${credentials.name}`.as('record_name'),
        number: sql<number>`${awsRecords.number}`.mapWith(Number).as('record_number'),
      },
      policy: { policyId: policies.id, name: policies.name },
      accessLevel: { accessLevelId: accessLevels.id, name: accessLevels.name },
      startsAt: grants.startsAt,
      endsAt: grants.endsAt,
      revokedAt: grants.revokedAt,
      createdAt: grants.createdAt,
    })
    .from(grants)
    .leftJoin(computers, eq(computers.id, grants.computerId))
    .leftJoin(awsRecords, eq(awsRecords.credentialId, grants.credentialId))
    .leftJoin(credentials, eq(credentials.id, awsRecords.credentialId))
    .innerJoin(policies, eq(policies.id, grants.policyId))
    .leftJoin(people, eq(people.id, grants.personId))
    .leftJoin(groups, eq(groups.id, grants.groupId))
    .leftJoin(accessLevels, eq(accessLevels.id, grants.accessLevelId));
}

/** Whether anybody was ever granted this computer. */
export async function hasGrant(tx: Tx, computerId: ComputerId): Promise<boolean> {
  const [row] = await tx.select({ id: grants.id }).from(grants).where(eq(grants.computerId, computerId)).limit(1);
  return row !== undefined;
}

/** The grant, locked until the transaction ends. */
export async function lockGrant(
  tx: Tx,
  id: GrantId,
): Promise<{ personId: PersonId | null; revokedAt: Date | null } | undefined> {
  const [row] = await tx
    .select({ personId: grants.personId, revokedAt: grants.revokedAt })
    .from(grants)
    .where(eq(grants.id, id))
    .for('update');
  return row;
}

export async function markGrantRevoked(tx: Tx, id: GrantId, revokedAt: Date): Promise<void> {
  await tx.update(grants).set({ revokedAt }).where(eq(grants.id, id));
}

import { asc, eq, sql } from 'drizzle-orm';
import type { ComputerId, GrantId, GroupId, PersonId, PolicyId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { computers, grants, groups, people, policies } from '../schema.ts';

export type GrantRow = {
  grantId: GrantId;
  person: { personId: PersonId; name: string; email: string } | null;
  group: { groupId: GroupId; name: string } | null;
  computer: { computerId: ComputerId; name: string };
  policy: { policyId: PolicyId; name: string };
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
    computerId: ComputerId;
    policyId: PolicyId;
    startsAt: Date | null;
    endsAt: Date | null;
    createdBy: PersonId;
    createdAt: Date;
  },
): Promise<void> {
  await tx.insert(grants).values(grant);
}

/** All grants, those in force or still to come before the revoked ones, then by computer. */
export async function listAllGrants(tx: Tx): Promise<GrantRow[]> {
  return tx
    .select({
      grantId: grants.id,
      person: { personId: people.id, name: people.name, email: people.email },
      group: { groupId: groups.id, name: groups.name },
      computer: { computerId: computers.id, name: computers.name },
      policy: { policyId: policies.id, name: policies.name },
      startsAt: grants.startsAt,
      endsAt: grants.endsAt,
      revokedAt: grants.revokedAt,
      createdAt: grants.createdAt,
    })
    .from(grants)
    .innerJoin(computers, eq(computers.id, grants.computerId))
    .innerJoin(policies, eq(policies.id, grants.policyId))
    .leftJoin(people, eq(people.id, grants.personId))
    .leftJoin(groups, eq(groups.id, grants.groupId))
    .orderBy(sql`${grants.revokedAt} is not null`, asc(sql`lower(${computers.name})`), asc(grants.id));
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

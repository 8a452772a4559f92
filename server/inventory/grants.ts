import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { findAwsRecord } from '../../db/queries/aws-records.ts';
import { type GrantRow, insertGrant, lockGrant, markGrantRevoked, pageOfGrants } from '../../db/queries/grants.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import {
  type AccessLevelId,
  type CredentialId,
  type GrantId,
  type GroupId,
  newId,
  type PersonId,
  type PolicyId,
} from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { GrantSort } from '../protocol/list-sorts.ts';
import { idSchema, OptionalComputerIdSchema, OptionalMomentSchema, optionalIdSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export type { GrantRow };

export const CreateGrantInputSchema = z
  .object({
    personId: optionalIdSchema<PersonId>(),
    groupId: optionalIdSchema<GroupId>(),
    /** Of a computer and a record of AWS one is given. */
    computerId: OptionalComputerIdSchema,
    credentialId: optionalIdSchema<CredentialId>(),
    policyId: idSchema<PolicyId>('Choose a policy from the list.'),
    /** Empty: the standard level. */
    accessLevelId: optionalIdSchema<AccessLevelId>(),
    /** Empty: at once. */
    startsAt: OptionalMomentSchema,
    /** Empty: without end. The moment itself is already too late. */
    endsAt: OptionalMomentSchema,
  })
  .refine(({ personId, groupId }) => (personId === null) !== (groupId === null), {
    path: ['personId'],
    message: 'Choose either a person or a group.',
  })
  .refine(({ computerId, credentialId }) => (computerId === null) !== (credentialId === null), {
    path: ['computerId'],
    message: 'Choose either a computer or an AWS record.',
  })
  .refine(({ credentialId, accessLevelId }) => credentialId === null || accessLevelId === null, {
    path: ['accessLevelId'],
    message: 'Access levels are for computers. Leave this empty for an AWS record.',
  })
  .refine(({ startsAt, endsAt }) => !startsAt || !endsAt || startsAt < endsAt, {
    path: ['endsAt'],
    message: 'The end must be after the start.',
  });
export type CreateGrantInput = z.output<typeof CreateGrantInputSchema>;

/** Lets a person or a group work on a computer, or call AWS with a record, under a policy, for a time. */
export async function createGrant(
  ctx: Context,
  actor: Actor,
  input: CreateGrantInput,
): Promise<Outcome<{ grantId: GrantId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const now = ctx.clock.now();
  if (input.endsAt && input.endsAt <= now) {
    return refuse('invalid_input', { field: 'endsAt', problem: 'This end is in the past. Choose a later one.' });
  }
  return refusingViolations(goneWhileChoosing, () =>
    ctx.audit.transact(async (tx, record) => {
      if (input.credentialId && !(await findAwsRecord(tx, input.credentialId)))
        return gone('credentialId', 'This record');
      const grantId = await addGrant(tx, record, input, { actorId: actor.person.id, now });
      await notify(tx, 'access_changed', input.personId ? { personId: input.personId } : {});
      return ok({ grantId });
    }),
  );
}

/** Gives a grant within a transaction, for an administrator. */
export async function addGrant(
  tx: Tx,
  record: (event: AuditEvent) => void,
  input: CreateGrantInput,
  { actorId, now }: { actorId: PersonId; now: Date },
): Promise<GrantId> {
  const grantId = newId<GrantId>();
  await insertGrant(tx, { id: grantId, ...input, createdBy: actorId, createdAt: now });
  const { computerId, credentialId, personId, groupId, policyId, accessLevelId } = input;
  const what = { computerId, ...(credentialId ? { credentialId } : {}) };
  const subject = { grantId, ...what, personId, groupId, policyId, accessLevelId };
  record({ kind: 'grant.created', actorId, subject });
  return grantId;
}

const goneWhileChoosing: Record<string, Refusal> = {
  grants_person_id_people_id_fk: gone('personId', 'This person'),
  grants_group_id_groups_id_fk: gone('groupId', 'This group'),
  grants_computer_id_computers_id_fk: gone('computerId', 'This computer'),
  grants_credential_id_credentials_id_fk: gone('credentialId', 'This record'),
  grants_policy_id_policies_id_fk: gone('policyId', 'This policy'),
  grants_access_level_id_access_levels_id_fk: gone('accessLevelId', 'This access level'),
};

function gone(field: string, what: string): Refusal {
  return refuse('conflict', { field, problem: `${what} does not exist any more. Choose another from the list.` });
}

export const RevokeGrantInputSchema = z.object({ grantId: idSchema<GrantId>() });

/** Takes a grant back, which ends the sessions that run under it. Revoking it again changes nothing. */
export async function revokeGrant(
  ctx: Context,
  actor: Actor,
  { grantId }: z.output<typeof RevokeGrantInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const grant = await lockGrant(tx, grantId);
    if (!grant) return refuse('not_found');
    if (grant.revokedAt) return ok(undefined);
    await markGrantRevoked(tx, grantId, ctx.clock.now());
    record({ kind: 'grant.revoked', actorId: actor.person.id, subject: { grantId } });
    await notify(tx, 'access_changed', grant.personId ? { personId: grant.personId } : {});
    return ok(undefined);
  });
}

/** The grants, revoked ones last. */
export async function listGrants(
  ctx: Context,
  actor: Actor,
  query: ListQuery<GrantSort>,
): Promise<Outcome<Page<GrantRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfGrants(ctx.connection.db, query, ctx.clock.now()));
}

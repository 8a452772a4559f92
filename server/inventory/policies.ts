import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import {
  insertPolicy,
  lockPolicy,
  type PolicyRow,
  type PolicyValues,
  pageOfPolicies,
  updatePolicy,
} from '../../db/queries/policies.ts';
import type { Actor, Context } from '../context.ts';
import { followRetention } from '../desk/retention.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { newId, type PolicyId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { PolicySort } from '../protocol/list-sorts.ts';
import { policyBounds } from '../protocol/policy-bounds.ts';
import { masterPasswordRules, recordingRules } from '../protocol/session-words.ts';
import { AwsRulesInputSchema, textOfRules } from './aws-rules.ts';
import { changedFields } from './changed-fields.ts';
import { idSchema, NameSchema, optionalWholeNumberSchema, wholeNumberSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

const { graceSeconds, idleTimeoutMinutes, maxDurationMinutes, retentionDays } = policyBounds;

/**
 * What is not ticked is denied; recording is required, and the master password asked for each time, unless somebody says
 * otherwise. Credentials of people's own are allowed unless a caller says otherwise: a form always says.
 */
export const CreatePolicyInputSchema = z.object({
  name: NameSchema,
  recording: z.enum(recordingRules, 'Choose whether sessions are recorded.').default('required'),
  recordInput: z.boolean().default(false),
  allowCopy: z.boolean().default(false),
  allowPaste: z.boolean().default(false),
  trustFirstHostKey: z.boolean().default(false),
  masterPassword: z
    .enum(masterPasswordRules, 'Choose how often the master password is asked for.')
    .default('each_time'),
  allowPersonal: z.boolean().default(true),
  exclusiveCheckOut: z.boolean().default(false),
  /** How long a session waits for a browser that went away; 0: it ends with its browser. */
  graceSeconds: wholeNumberSchema(...graceSeconds).default(60),
  /** A session ends after so long without a key; null: never for that. */
  idleTimeoutMinutes: optionalWholeNumberSchema(...idleTimeoutMinutes),
  /** null: as long as the right lasts. */
  maxDurationMinutes: optionalWholeNumberSchema(...maxDurationMinutes),
  allowSnooping: z.boolean().default(false),
  /** Whether people are told who looks at their sessions. */
  tellWatched: z.boolean().default(true),
  /** null: as the settings say. */
  retentionDays: optionalWholeNumberSchema(...retentionDays),
  /** What may be called on AWS with records; null: what is known, but nothing that gives away keys. */
  aws: AwsRulesInputSchema.nullable().default(null),
});
export type CreatePolicyInput = z.output<typeof CreatePolicyInputSchema>;

export type { PolicyRow };

export async function createPolicy(
  ctx: Context,
  actor: Actor,
  input: CreatePolicyInput,
): Promise<Outcome<{ policyId: PolicyId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ policies_name: policyNameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const policyId = newId<PolicyId>();
      await insertPolicy(tx, { id: policyId, ...input });
      record({ kind: 'policy.created', actorId: actor.person.id, subject: { policyId, name: input.name } });
      return ok({ policyId });
    }),
  );
}

export const ChangePolicyInputSchema = CreatePolicyInputSchema.extend({ policyId: idSchema<PolicyId>() });

/** Changes a policy for every grant that uses it. Sessions that run keep the terms under which they were opened. */
export async function changePolicy(
  ctx: Context,
  actor: Actor,
  { policyId, ...values }: z.output<typeof ChangePolicyInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ policies_name: policyNameTaken(values.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await lockPolicy(tx, policyId);
      if (!before) return refuse('not_found');
      const fields = changedFields<PolicyText>(asText(before), asText(values));
      if (fields.length === 0) return ok(undefined);
      await updatePolicy(tx, policyId, values);
      record({ kind: 'policy.changed', actorId: actor.person.id, subject: { policyId, fields } });
      if (fields.includes('retentionDays'))
        await followRetention(tx, record, { policyId, actorId: actor.person.id, now: ctx.clock.now() });
      await notify(tx, 'access_changed', {});
      return ok(undefined);
    }),
  );
}

export async function listPolicies(
  ctx: Context,
  actor: Actor,
  query: ListQuery<PolicySort>,
): Promise<Outcome<Page<PolicyRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfPolicies(ctx.connection.db, query));
}

type PolicyText = Omit<PolicyValues, 'aws'> & { aws: string };

// Rules are compared by what they say; the database keeps the order of their fields no better than anybody.
function asText<T extends PolicyValues>({ aws, ...values }: T): Omit<T, 'aws'> & { aws: string } {
  return { ...values, aws: textOfRules(aws) };
}

function policyNameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `A policy called "${name}" exists already. Choose another name, or change that one.`,
  });
}

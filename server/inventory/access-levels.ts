import { z } from 'zod';
import { notify } from '../../db/notify.ts';
import {
  type AccessLevelRow,
  type AccessLevelValues,
  deleteAccessLevelRow,
  insertAccessLevel,
  lockAccessLevel,
  pageOfAccessLevels,
  updateAccessLevel,
} from '../../db/queries/access-levels.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { type AccessLevelId, newId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { AccessLevelSort } from '../protocol/list-sorts.ts';
import { changedFields } from './changed-fields.ts';
import { DescriptionSchema, idSchema, NameSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export type { AccessLevelRow };

// The standard level has no row of its own; another level that reads the same would be taken for it.
const standard = 'standard';

export const CreateAccessLevelInputSchema = z.object({
  name: NameSchema.refine(
    (name) => name.toLowerCase() !== standard,
    'Every computer has a standard level already. Choose another name.',
  ),
  description: DescriptionSchema,
});

export async function createAccessLevel(
  ctx: Context,
  actor: Actor,
  input: z.output<typeof CreateAccessLevelInputSchema>,
): Promise<Outcome<{ accessLevelId: AccessLevelId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ access_levels_name: nameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const accessLevelId = newId<AccessLevelId>();
      await insertAccessLevel(tx, { id: accessLevelId, ...input });
      const subject = { accessLevelId, name: input.name };
      record({ kind: 'access_level.created', actorId: actor.person.id, subject });
      return ok({ accessLevelId });
    }),
  );
}

export const ChangeAccessLevelInputSchema = CreateAccessLevelInputSchema.extend({
  accessLevelId: idSchema<AccessLevelId>(),
});

/** Renames or describes a level. What it gives stays; sessions keep the name that they were opened under. */
export async function changeAccessLevel(
  ctx: Context,
  actor: Actor,
  { accessLevelId, ...values }: z.output<typeof ChangeAccessLevelInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ access_levels_name: nameTaken(values.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await lockAccessLevel(tx, accessLevelId);
      if (!before) return refuse('not_found');
      const fields = changedFields<AccessLevelValues>(before, values);
      if (fields.length === 0) return ok(undefined);
      await updateAccessLevel(tx, accessLevelId, values);
      const subject = { accessLevelId, name: values.name, fields };
      record({ kind: 'access_level.changed', actorId: actor.person.id, subject });
      await notify(tx, 'access_changed', {});
      return ok(undefined);
    }),
  );
}

export const DeleteAccessLevelInputSchema = z.object({ accessLevelId: idSchema<AccessLevelId>() });

/** Deletes a level that no computer uses and that was never granted. */
export async function deleteAccessLevel(
  ctx: Context,
  actor: Actor,
  { accessLevelId }: z.output<typeof DeleteAccessLevelInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations(inUse, () =>
    ctx.audit.transact(async (tx, record) => {
      const level = await lockAccessLevel(tx, accessLevelId);
      if (!level) return refuse('not_found');
      await deleteAccessLevelRow(tx, accessLevelId);
      const subject = { accessLevelId, name: level.name };
      record({ kind: 'access_level.deleted', actorId: actor.person.id, subject });
      return ok(undefined);
    }),
  );
}

export async function listAccessLevels(
  ctx: Context,
  actor: Actor,
  query: ListQuery<AccessLevelSort>,
): Promise<Outcome<Page<AccessLevelRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfAccessLevels(ctx.connection.db, query));
}

const inUse: Record<string, Refusal> = {
  grants_access_level_id_access_levels_id_fk: refuse('conflict', {
    problem: 'Somebody was granted this level, which is kept as evidence. Rename it, or take it off the computers.',
  }),
  computer_credentials_access_level_id_access_levels_id_fk: refuse('conflict', {
    problem: 'Computers have credentials at this level. Take them off the computers first.',
  }),
};

function nameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `An access level called "${name}" exists already. Choose another name.`,
  });
}

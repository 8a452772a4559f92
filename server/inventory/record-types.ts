import { z } from 'zod';
import {
  countValues,
  findRecordType,
  insertRecordType,
  type ListedRecordType,
  listFields,
  listRecordTypesWithFields,
  pageOfRecordTypes,
  type RecordField,
  type RecordType,
  type RecordTypeWithFields,
  updateRecordType,
  updateRecordTypeDisabled,
} from '../../db/queries/record-types.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { newId, type RecordTypeId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { RecordTypeSort } from '../protocol/list-sorts.ts';
import { recordKinds } from '../protocol/session-words.ts';
import { changedFields } from './changed-fields.ts';
import { DescriptionSchema, idSchema, NameSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export async function listRecordTypes(
  ctx: Context,
  actor: Actor,
  query: ListQuery<RecordTypeSort>,
): Promise<Outcome<Page<ListedRecordType>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfRecordTypes(ctx.connection.db, query));
}

/** A field as an administrator sees it; `values`: how many credentials have something in it. */
export type ShownField = RecordField & { values: number };
export type ShownRecordType = RecordType & { fields: ShownField[] };

export const RecordTypeInputSchema = z.object({ recordTypeId: idSchema<RecordTypeId>() });
type RecordTypeInput = z.output<typeof RecordTypeInputSchema>;

export async function getRecordType(
  ctx: Context,
  actor: Actor,
  { recordTypeId }: RecordTypeInput,
): Promise<Outcome<ShownRecordType>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const type = await findRecordType(db, recordTypeId);
  if (!type) return refuse('not_found');
  const values = await countValues(db, recordTypeId);
  const fields = await listFields(db, recordTypeId);
  return ok({ ...type, fields: fields.map((field) => ({ ...field, values: values.get(field.name) ?? 0 })) });
}

/**
 * All record types with their fields, for the forms in which credentials are entered: everybody may keep some of their
 * own. Disabled ones are among them, since what is there of them is still shown and changed.
 */
export async function listRecordForms(ctx: Context, _actor: Actor): Promise<Outcome<RecordTypeWithFields[]>> {
  return ok(await listRecordTypesWithFields(ctx.connection.db));
}

export const CreateRecordTypeInputSchema = z.object({
  name: NameSchema,
  description: DescriptionSchema,
  kind: z.enum(recordKinds, 'Choose what kind of secret its credentials have.'),
});

/** Adds a record type of one's own beside the built-in ones. */
export async function createRecordType(
  ctx: Context,
  actor: Actor,
  input: z.output<typeof CreateRecordTypeInputSchema>,
): Promise<Outcome<{ recordTypeId: RecordTypeId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { name, kind } = input;
  return refusingViolations({ record_types_name: nameTaken(name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const id = newId<RecordTypeId>(ctx.clock.now().getTime());
      await insertRecordType(tx, { id, ...input });
      record({ kind: 'record_type.created', actorId: actor.person.id, subject: { recordTypeId: id, name, kind } });
      return ok({ recordTypeId: id });
    }),
  );
}

export const ChangeRecordTypeInputSchema = RecordTypeInputSchema.extend({
  name: NameSchema,
  description: DescriptionSchema,
});

/** Renames or describes a record type. Its kind stays: the secrets that are sealed are of that kind. */
export async function changeRecordType(
  ctx: Context,
  actor: Actor,
  { recordTypeId, ...wanted }: z.output<typeof ChangeRecordTypeInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ record_types_name: nameTaken(wanted.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const before = await findRecordType(tx, recordTypeId, 'update');
      if (!before) return refuse('not_found');
      const fields = changedFields({ name: before.name, description: before.description }, wanted);
      if (fields.length === 0) return ok(undefined);
      await updateRecordType(tx, recordTypeId, wanted);
      const subject = { recordTypeId, name: wanted.name, fields };
      record({ kind: 'record_type.changed', actorId: actor.person.id, subject });
      return ok(undefined);
    }),
  );
}

export const SetRecordTypeDisabledInputSchema = RecordTypeInputSchema.extend({ disabled: z.boolean() });

/** Of a disabled type nothing new is stored; what is there goes on working and can be changed. */
export async function setRecordTypeDisabled(
  ctx: Context,
  actor: Actor,
  { recordTypeId, disabled }: z.output<typeof SetRecordTypeDisabledInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const before = await findRecordType(tx, recordTypeId, 'update');
    if (!before) return refuse('not_found');
    if ((before.disabledAt !== null) === disabled) return ok(undefined);
    await updateRecordTypeDisabled(tx, recordTypeId, disabled ? ctx.clock.now() : null);
    const kind = disabled ? 'record_type.disabled' : 'record_type.enabled';
    record({ kind, actorId: actor.person.id, subject: { recordTypeId, name: before.name } });
    return ok(undefined);
  });
}

function nameTaken(name: string): Refusal {
  return refuse('conflict', {
    field: 'name',
    problem: `A record type called "${name}" exists already. Choose another name.`,
  });
}

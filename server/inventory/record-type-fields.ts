import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import {
  countValues,
  deleteField,
  findRecordType,
  insertField,
  listFields,
  listValues,
  type RecordField,
  type RecordType,
  updateField,
  updateValue,
} from '../../db/queries/record-types.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { RecordTypeId } from '../ids.ts';
import { type FieldType, fieldTypes } from '../protocol/session-words.ts';
import { changedFields } from './changed-fields.ts';
import { wrongField } from './credential-refusals.ts';
import { readFieldValue } from './field-values.ts';
import { NameSchema } from './input-fields.ts';
import { RecordTypeInputSchema } from './record-types.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

const mostFields = 40;

const FieldNameSchema = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
    'Enter a name of letters, digits and underscores that begins with a letter, such as AllowedHosts.',
  );

export const RecordFieldInputSchema = RecordTypeInputSchema.extend({
  name: FieldNameSchema,
  label: NameSchema,
  type: z.enum(fieldTypes, 'Choose what its values are.'),
  isRequired: z.boolean().default(false),
});
type RecordFieldInput = z.output<typeof RecordFieldInputSchema>;

/** Adds a field to a record type. Credentials that are there have no value in it; the next change asks for one. */
export async function addRecordField(
  ctx: Context,
  actor: Actor,
  { recordTypeId, ...field }: RecordFieldInput,
): Promise<Outcome<undefined>> {
  return changingFields(ctx, actor, recordTypeId, async (tx, record, { name: typeName, fields }) => {
    const taken = fields.find(({ name }) => name.toLowerCase() === field.name.toLowerCase());
    if (taken) return wrongField('name', `There is a field called ${taken.name} already. Choose another name.`);
    if (fields.length >= mostFields) return wrongField('name', `A record type has at most ${mostFields} fields.`);
    await insertField(tx, recordTypeId, field);
    const subject = { recordTypeId, name: typeName, field: field.name, type: field.type };
    record({ kind: 'record_type.field_added', actorId: actor.person.id, subject });
    return ok(undefined);
  });
}

/** Changes a field. Its name stays, since programs know it by that; values must fit a new type, or nothing changes. */
export async function changeRecordField(
  ctx: Context,
  actor: Actor,
  { recordTypeId, ...wanted }: RecordFieldInput,
): Promise<Outcome<undefined>> {
  return changingFields(ctx, actor, recordTypeId, async (tx, record, { name: typeName, fields }) => {
    const before = fields.find(({ name }) => name === wanted.name);
    if (!before) return refuse('not_found');
    const changed = changedFields<RecordField>(before, wanted);
    if (changed.length === 0) return ok(undefined);
    if (changed.includes('type')) {
      const fits = await convertValues(tx, recordTypeId, wanted);
      if (!fits.ok) return fits;
    }
    await updateField(tx, recordTypeId, wanted);
    const subject = { recordTypeId, name: typeName, field: wanted.name, fields: changed };
    record({ kind: 'record_type.field_changed', actorId: actor.person.id, subject });
    return ok(undefined);
  });
}

/** Reads every value that is there as the new type; what does not fit is counted, and then nothing is written. */
async function convertValues(
  tx: Tx,
  recordTypeId: RecordTypeId,
  { name, type }: { name: string; type: FieldType },
): Promise<Outcome<undefined>> {
  const read = (await listValues(tx, recordTypeId, name)).map(({ credentialId, value }) => ({
    credentialId,
    ...readFieldValue(type, value),
  }));
  const wrong = read.filter(({ ok: fits }) => !fits).length;
  if (wrong > 0) {
    const have = wrong === 1 ? '1 credential has a value' : `${wrong} credentials have values`;
    return wrongField('type', `${have} in this field that would not fit. Change them first, or add another field.`);
  }
  for (const each of read) {
    if (each.ok && each.value !== undefined) {
      await updateValue(tx, name, { credentialId: each.credentialId, value: each.value });
    }
  }
  return ok(undefined);
}

export const RemoveRecordFieldInputSchema = RecordTypeInputSchema.extend({
  name: FieldNameSchema,
  /** How many values are known to go with it. */
  values: z.number().int().min(0),
});

/** Removes a field with its values. Whoever does so has to know how many they are; otherwise the refusal says it. */
export async function removeRecordField(
  ctx: Context,
  actor: Actor,
  { recordTypeId, name, values }: z.output<typeof RemoveRecordFieldInputSchema>,
): Promise<Outcome<undefined>> {
  return changingFields(ctx, actor, recordTypeId, async (tx, record, { name: typeName, fields }) => {
    if (!fields.some((field) => field.name === name)) return refuse('not_found');
    const present = (await countValues(tx, recordTypeId)).get(name) ?? 0;
    if (present !== values) {
      const have = present === 1 ? '1 credential has a value' : `${present} credentials have values`;
      return refuse('conflict', { problem: `${have} in this field by now. Load the page again and look at them.` });
    }
    await deleteField(tx, recordTypeId, name);
    const subject = { recordTypeId, name: typeName, field: name, values };
    record({ kind: 'record_type.field_removed', actorId: actor.person.id, subject });
    return ok(undefined);
  });
}

type Change = (
  tx: Tx,
  record: (event: AuditEvent) => void,
  type: RecordType & { fields: RecordField[] },
) => Promise<Outcome<undefined>>;

// The type is held: no credential of it is written between looking at its values and changing its fields.
async function changingFields(
  ctx: Context,
  actor: Actor,
  recordTypeId: RecordTypeId,
  change: Change,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const type = await findRecordType(tx, recordTypeId, 'update');
    if (!type) return refuse('not_found');
    return change(tx, record, { ...type, fields: await listFields(tx, recordTypeId) });
  });
}

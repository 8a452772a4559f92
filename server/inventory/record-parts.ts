import type { Tx } from '../../db/connect.ts';
import { type CredentialRecord, findReferringTo } from '../../db/queries/credentials.ts';
import { findRecordType, listFields } from '../../db/queries/record-types.ts';
import { builtInRecordTypes } from '../../db/schema.ts';
import { type Outcome, ok } from '../errors.ts';
import type { CredentialId, RecordTypeId } from '../ids.ts';
import type { RecordKind } from '../protocol/session-words.ts';
import type { CredentialSecret } from '../vault/credential-secret.ts';
import { type ChangeCredentialInput, secretFieldOf } from './credential-input.ts';
import { credentialReferredTo, wrongField } from './credential-refusals.ts';
import { type FieldValues, readFieldValues } from './field-values.ts';

type TypedInput = {
  type: RecordKind;
  recordTypeId?: RecordTypeId | null | undefined;
  fields?: FieldValues | undefined;
};

/** The record type of a new credential, held until the transaction ends, and what was entered for its fields. */
export async function typeOfNew(
  tx: Tx,
  { type: kind, recordTypeId, fields }: TypedInput,
): Promise<Outcome<{ recordTypeId: RecordTypeId; fields: FieldValues }>> {
  const id = recordTypeId ?? builtInRecordTypes[kind];
  const type = await findRecordType(tx, id, 'share');
  if (!type || type.kind !== kind) return wrongField('recordTypeId', 'Choose a record type from the list.');
  if (type.disabledAt) {
    return wrongField('recordTypeId', `The record type "${type.name}" is disabled. Choose another one.`);
  }
  const read = readFieldValues(await listFields(tx, id), fields ?? {});
  return read.ok ? ok({ recordTypeId: id, fields: read.value }) : read;
}

/** What is entered for the fields of a credential that is there; the caller holds its record type. */
export async function fieldsOfChanged(
  tx: Tx,
  before: CredentialRecord,
  { fields }: Pick<ChangeCredentialInput, 'fields'>,
): Promise<Outcome<FieldValues>> {
  return fields ? readFieldValues(await listFields(tx, before.recordTypeId), fields) : ok(before.fields);
}

/** Names of the added fields whose value differs. */
export function changedValues(before: FieldValues, after: FieldValues): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

type Locked = ReadonlyMap<CredentialId, CredentialRecord>;

/** Whether a credential of this kind may use the secret of that record. The caller has locked it for its owner. */
export function checkReference(locked: Locked, type: RecordKind, referenceId: CredentialId): Outcome<CredentialId> {
  const other = locked.get(referenceId);
  if (!other) return wrongField('referenceId', 'This record was deleted. Choose another one.');
  if (other.type !== type) {
    return wrongField('referenceId', `"${other.name}" has another kind of secret. Choose one of the same kind.`);
  }
  if (other.referenceId) {
    return wrongField('referenceId', `"${other.name}" refers to another record itself. Choose that one instead.`);
  }
  return ok(referenceId);
}

/**
 * Whose secret a changed credential uses afterwards: that of the record answered, or its own (`null`). Of both exactly
 * one is there, and nobody refers to a record that refers.
 */
export async function referenceOfChanged(
  tx: Tx,
  locked: Locked,
  { before, secret, wanted }: { before: CredentialRecord; secret: CredentialSecret | undefined; wanted: Wanted },
): Promise<Outcome<CredentialId | null>> {
  const referenceId = wanted === undefined ? before.referenceId : wanted;
  const field = secretFieldOf(before.type);
  if (!referenceId) {
    if (!before.referenceId || secret) return ok(null);
    return wrongField(field, 'Enter a secret: this credential no longer uses that of its reference record.');
  }
  if (secret) {
    return wrongField(field, 'Leave this empty: the secret of the reference record is used. Change it there.');
  }
  if (referenceId === before.referenceId) return ok(referenceId);
  if (referenceId === before.id) return wrongField('referenceId', 'A credential cannot refer to itself.');
  const referring = await findReferringTo(tx, before.id);
  if (referring.count > 0) return credentialReferredTo(referring, 'referenceId');
  return checkReference(locked, before.type, referenceId);
}

type Wanted = CredentialId | null | undefined;

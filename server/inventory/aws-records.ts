import type { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import {
  type AwsRecordRow,
  carryAccessKeyId,
  findAwsRecord,
  findAwsRecordChoices,
  insertAwsRecord,
  listUsableRecords,
  pageOfAwsRecords,
  type UsableRecord,
  updateAwsRecord,
} from '../../db/queries/aws-records.ts';
import {
  type CredentialRecord,
  findCredential,
  insertCredential,
  lockCredentials,
  updateCredential,
} from '../../db/queries/credentials.ts';
import { findRecordType } from '../../db/queries/record-types.ts';
import { deleteSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { type CredentialId, newId } from '../ids.ts';
import { awsPartitions } from '../protocol/aws-words.ts';
import type { FoundChoice, ListQuery, Page } from '../protocol/list-query.ts';
import type { AwsRecordSort } from '../protocol/list-sorts.ts';
import { type AwsKeys, sealAwsKeys } from '../vault/aws-keys.ts';
import type {
  ChangeAwsRecordInput,
  CreateAwsRecordInput,
  SetAwsRecordDisabledInputSchema,
} from './aws-record-input.ts';
import { changedFields } from './changed-fields.ts';
import { credentialNameTaken, wrongField } from './credential-refusals.ts';
import type { FieldValues } from './field-values.ts';
import type { FindChoicesInputSchema } from './find-choices.ts';
import { changedValues, checkReference, fieldsOfChanged, typeOfNew } from './record-parts.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';
import { refusingViolations } from './refusing-violations.ts';

export type { AwsRecordRow, UsableRecord };

/** What a check of its keys once said is not said of other keys. */
export const unchecked = { checkedAt: null, checkedArn: null, checkProblem: null };

/** Seals the keys of an AWS account for the proxy, or has a record use those of another one. */
export async function createAwsRecord(
  ctx: Context,
  actor: Actor,
  input: CreateAwsRecordInput,
): Promise<Outcome<{ credentialId: CredentialId; number: number }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ credentials_shared_name: credentialNameTaken(input.name) }, () =>
    ctx.audit.transact((tx, record) => storeNewRecord(tx, record, { ctx, actor, input })),
  );
}

type Storing = { ctx: Context; actor: Actor; input: CreateAwsRecordInput };

async function storeNewRecord(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { ctx, actor, input }: Storing,
): Promise<Outcome<{ credentialId: CredentialId; number: number }>> {
  const { name, description, referenceId, partition, regions, services, tags, allowCustomerNames } = input;
  const actorId = actor.person.id;
  const type = await typeOfNew(tx, { type: 'aws_access_key', ...input });
  if (!type.ok) return type;
  const keys = referenceId ? await keysOfReference(tx, referenceId) : keysIn(input);
  if (!keys.ok) return keys;
  const { accessKeyId, secret } = keys.value;
  const credentialId = newId<CredentialId>();
  const sealed = secret && sealAwsKeys(ctx.keyring, credentialId, secret);
  if (sealed) await insertSecret(tx, sealed);
  await insertCredential(tx, {
    id: credentialId,
    name,
    description,
    type: 'aws_access_key',
    ...type.value,
    username: accessKeyId,
    secretId: sealed?.id ?? null,
    referenceId,
    ownerId: null,
    secretEnteredBy: sealed ? actorId : null,
  });
  const values = { partition, regions, services, tags, allowCustomerNames };
  const number = await insertAwsRecord(tx, credentialId, values);
  const subject = { credentialId, name, accessKeyId, partition, ...(referenceId ? { referenceId } : {}) };
  record({ kind: 'aws_record.created', actorId, subject });
  return ok({ credentialId, number });
}

type EnteredKeys = { accessKeyId: string; secret: AwsKeys | undefined };

function keysIn({ accessKeyId, secretAccessKey, sessionToken }: CreateAwsRecordInput): Outcome<EnteredKeys> {
  if (!accessKeyId || !secretAccessKey) return wrongField('secretAccessKey', 'Enter the keys.');
  return ok({ accessKeyId, secret: awsKeys(secretAccessKey, sessionToken) });
}

export function awsKeys(secretAccessKey: string, sessionToken: string | undefined): AwsKeys {
  return { secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

// Keys were entered for one place. A record that borrows them would take them to another.
async function keysOfReference(tx: Tx, referenceId: CredentialId): Promise<Outcome<EnteredKeys>> {
  const locked = await lockCredentials(tx, null, [referenceId]);
  const checked = checkReference(locked, 'aws_access_key', referenceId);
  if (!checked.ok) return checked;
  const other = await findAwsRecord(tx, referenceId);
  if (!other) return wrongField('referenceId', 'This record was deleted. Choose another one.');
  if (other.endpointUrl) {
    return wrongField(
      'referenceId',
      `The keys of "${other.name}" are for ${other.endpointUrl}. Choose another record.`,
    );
  }
  return ok({ accessKeyId: other.accessKeyId, secret: undefined });
}

/**
 * Changes a record, and its keys when new ones are given: they go where its calls go, so that whoever enters them must
 * have seen where that is.
 */
export async function changeAwsRecord(
  ctx: Context,
  actor: Actor,
  input: ChangeAwsRecordInput,
): Promise<Outcome<{ keysChanged: boolean }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return refusingViolations({ credentials_shared_name: credentialNameTaken(input.name) }, () =>
    ctx.audit.transact(async (tx, record) => {
      const locked = await lockRecord(tx, input.credentialId);
      if (!locked) return refuse('not_found');
      const { credential, row } = locked;
      const problem = problemOfKeys(row, input);
      if (problem) return problem;
      const values = await fieldsOfChanged(tx, credential, input);
      if (!values.ok) return values;
      const keysChanged = input.secretAccessKey !== undefined;
      const fields = [...changesOf(row, input), ...changedValues(row.fields, values.value)];
      if (keysChanged) fields.push('secret');
      if (fields.length === 0) return ok({ keysChanged });
      await storeChanges(tx, ctx, { actor, credential, input, fields: values.value });
      const { credentialId } = input;
      record({ kind: 'aws_record.changed', actorId: actor.person.id, subject: { credentialId, fields } });
      await notify(tx, 'access_changed', {});
      return ok({ keysChanged });
    }),
  );
}

type Changing = { actor: Actor; credential: CredentialRecord; input: ChangeAwsRecordInput; fields: FieldValues };

async function storeChanges(tx: Tx, ctx: Context, { actor, credential, input, fields }: Changing): Promise<void> {
  const { name, description, partition, regions, services, tags, allowCustomerNames, secretAccessKey } = input;
  if (secretAccessKey) {
    const keys = awsKeys(secretAccessKey, input.sessionToken);
    await replaceKeys(tx, ctx, { actor, credential, accessKeyId: input.accessKeyId ?? credential.username, keys });
  }
  const scope = { partition, regions, services, tags, allowCustomerNames };
  await updateCredential(tx, credential.id, { name, description, fields, updatedAt: ctx.clock.now() });
  await updateAwsRecord(tx, credential.id, { ...scope, ...(secretAccessKey ? unchecked : {}) });
}

/** A record and its credential, locked until the transaction ends; its record type before it, as whoever changes that does. */
export async function lockRecord(
  tx: Tx,
  id: CredentialId,
): Promise<{ credential: CredentialRecord; row: AwsRecordRow } | undefined> {
  const found = await findCredential(tx, null, id);
  if (found?.type !== 'aws_access_key') return undefined;
  await findRecordType(tx, found.recordTypeId, 'share');
  const credential = (await lockCredentials(tx, null, [id])).get(id);
  const row = await findAwsRecord(tx, id);
  return credential && row ? { credential, row } : undefined;
}

function problemOfKeys(
  before: AwsRecordRow,
  { accessKeyId = before.accessKeyId, secretAccessKey, seenEndpointUrl }: ChangeAwsRecordInput,
): Refusal | undefined {
  if (accessKeyId !== before.accessKeyId && !secretAccessKey) {
    return wrongField('secretAccessKey', 'Another access key id has another secret. Enter it too.');
  }
  if (!secretAccessKey) return undefined;
  if (before.reference) {
    return wrongField('secretAccessKey', `The keys of "${before.reference.name}" are used. Change them there.`);
  }
  if (seenEndpointUrl === before.endpointUrl) return undefined;
  const where = before.endpointUrl ?? 'AWS';
  return refuse('conflict', {
    field: 'secretAccessKey',
    problem: `Calls of this record go to ${where} by now, and so would the keys. Load the page again and look.`,
  });
}

type Told = Omit<ChangeAwsRecordInput, 'credentialId' | 'seenEndpointUrl' | 'fields'>;

// Lists and tags are compared by what they say, in whatever order.
function textsOf({ name, description, partition, regions, services, tags, allowCustomerNames }: Told) {
  const lists = { regions: [...regions].sort().join(), services: [...services].sort().join() };
  const sortedTags = JSON.stringify(Object.entries(tags).sort());
  return { name, description, partition, ...lists, tags: sortedTags, allowCustomerNames };
}

function changesOf(before: AwsRecordRow, after: ChangeAwsRecordInput): string[] {
  const { accessKeyId, partition } = before;
  const isKnown = awsPartitions.find((id) => id === partition) ?? 'aws';
  const { accessKeyId: wanted = accessKeyId } = after;
  return [
    ...changedFields(textsOf({ ...before, partition: isKnown }), textsOf(after)),
    ...changedFields({ accessKeyId }, { accessKeyId: wanted }),
  ];
}

type NewKeys = { actor: Actor; credential: CredentialRecord; accessKeyId: string; keys: AwsKeys };

/** Seals other keys for a record and destroys those it had. Records that use its keys follow. */
export async function replaceKeys(
  tx: Tx,
  ctx: Context,
  { actor, credential, accessKeyId, keys }: NewKeys,
): Promise<void> {
  const { id, secretId } = credential;
  const sealed = sealAwsKeys(ctx.keyring, id, keys);
  await insertSecret(tx, sealed);
  const entered = { secretId: sealed.id, secretEnteredBy: actor.person.id };
  await updateCredential(tx, id, { username: accessKeyId, ...entered, updatedAt: ctx.clock.now() });
  await deleteSecret(tx, secretId);
  await carryAccessKeyId(tx, id, accessKeyId);
}

/** Switches a record off, which ends what runs with it, or on again. */
export async function setAwsRecordDisabled(
  ctx: Context,
  actor: Actor,
  { credentialId, disabled }: z.output<typeof SetAwsRecordDisabledInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    const locked = await lockRecord(tx, credentialId);
    if (!locked) return refuse('not_found');
    if ((locked.row.disabledAt !== null) === disabled) return ok(undefined);
    await updateAwsRecord(tx, credentialId, { disabledAt: disabled ? ctx.clock.now() : null });
    const kind = disabled ? 'aws_record.disabled' : 'aws_record.enabled';
    record({ kind, actorId: actor.person.id, subject: { credentialId } });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}

export async function listAwsRecords(
  ctx: Context,
  actor: Actor,
  query: ListQuery<AwsRecordSort>,
): Promise<Outcome<Page<AwsRecordRow>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfAwsRecords(ctx.connection.db, query));
}

/** The records that a grant may be given on. */
export async function findAwsRecordGrantChoices(
  ctx: Context,
  actor: Actor,
  { search }: z.output<typeof FindChoicesInputSchema>,
): Promise<Outcome<readonly FoundChoice[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await findAwsRecordChoices(ctx.connection.db, search));
}

/** The records that the actor may call AWS with at this moment. */
export async function listMyAwsRecords(ctx: Context, actor: Actor): Promise<Outcome<UsableRecord[]>> {
  return ok(await listUsableRecords(ctx.connection.db, actor.person.id, ctx.clock.now()));
}

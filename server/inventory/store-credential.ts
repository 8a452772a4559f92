import type { Tx } from '../../db/connect.ts';
import {
  type CredentialRecord,
  findCredential,
  insertCredential,
  lockCredentials,
  updateCredential,
} from '../../db/queries/credentials.ts';
import { findRecordType } from '../../db/queries/record-types.ts';
import { deleteSecret } from '../../db/queries/secrets.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type CredentialId, newId, type PersonId, type SecretId } from '../ids.ts';
import type { CredentialSecret } from '../vault/credential-secret.ts';
import { changedFields } from './changed-fields.ts';
import { type ChangeCredentialInput, type CreateCredentialInput, readSecret } from './credential-input.ts';
import { changedValues, checkReference, fieldsOfChanged, referenceOfChanged, typeOfNew } from './record-parts.ts';

/** Whose credentials are written (`null`: shared ones), by whom, and how their secrets are sealed and stored. */
export type CredentialShelf = {
  ownerId: PersonId | null;
  actorId: PersonId;
  seal(tx: Tx, id: CredentialId, secret: CredentialSecret): Promise<Outcome<SecretId>>;
};

export type NewCredential = { credentialId: CredentialId; referenceId: CredentialId | null };

/** Stores a new credential with its secret, or with a reference to the record whose secret it uses. */
export async function storeNewCredential(
  tx: Tx,
  shelf: CredentialShelf,
  input: CreateCredentialInput,
): Promise<Outcome<NewCredential>> {
  const secret = readSecret(input.type, input);
  if (!secret.ok) return secret;
  const type = await typeOfNew(tx, input);
  if (!type.ok) return type;
  const { name, description, username, type: kind } = input;
  const referenceId = input.referenceId ?? null;
  if (referenceId) {
    const locked = await lockCredentials(tx, shelf.ownerId, [referenceId]);
    const checked = checkReference(locked, kind, referenceId);
    if (!checked.ok) return checked;
  }
  const id = newId<CredentialId>();
  const sealed = await sealIfAny(tx, shelf, id, secret.value);
  if (!sealed.ok) return sealed;
  const { recordTypeId, fields } = type.value;
  const secretEnteredBy = secret.value ? shelf.actorId : null;
  const row = { id, name, description, type: kind, recordTypeId, fields, username, referenceId };
  await insertCredential(tx, { ...row, ownerId: shelf.ownerId, secretId: sealed.value, secretEnteredBy });
  return ok({ credentialId: id, referenceId });
}

export type ChangedCredential = {
  /** Names of what changed, for the audit log; empty: nothing did. */
  fields: string[];
  secretChanged: boolean;
  before: CredentialRecord;
  referenceId: CredentialId | null;
};

/** Changes a credential, and its secret when a new one is given. The old one is destroyed. */
export async function storeChangedCredential(
  tx: Tx,
  shelf: CredentialShelf,
  input: ChangeCredentialInput & { now: Date },
): Promise<Outcome<ChangedCredential>> {
  const { credentialId, referenceId: wanted, now } = input;
  const found = await findCredential(tx, shelf.ownerId, credentialId);
  // What is called with keys of AWS has forms and rules of its own.
  if (!found || found.type === 'aws_access_key') return refuse('not_found');
  await findRecordType(tx, found.recordTypeId, 'share'); // Before the credential: whoever changes its fields does so too.
  const locked = await lockCredentials(tx, shelf.ownerId, wanted ? [credentialId, wanted] : [credentialId]);
  const before = locked.get(credentialId);
  if (!before) return refuse('not_found');

  const secret = readSecret(before.type, input);
  if (!secret.ok) return secret;
  const reference = await referenceOfChanged(tx, locked, { before, secret: secret.value, wanted });
  if (!reference.ok) return reference;
  const values = await fieldsOfChanged(tx, before, input);
  if (!values.ok) return values;

  const { name, username, description = before.description } = input;
  const texts = { name, description, username };
  const fields: string[] = [
    ...changedFields({ name: before.name, description: before.description, username: before.username }, texts),
    ...changedValues(before.fields, values.value),
    ...(reference.value === before.referenceId ? [] : ['reference']),
    ...(secret.value ? ['secret'] : []),
  ];
  const changed = { fields, secretChanged: secret.value !== undefined, before, referenceId: reference.value };
  if (fields.length === 0) return ok(changed);
  const sealed = await sealIfAny(tx, shelf, credentialId, secret.value);
  if (!sealed.ok) return sealed;
  const keptSecret = reference.value ? null : before.secretId;
  const secretId = sealed.value ?? keptSecret;
  const change = { ...texts, fields: values.value, secretId, referenceId: reference.value, updatedAt: now };
  await updateCredential(tx, credentialId, { ...change, ...enteredBy(shelf, changed) });
  if (before.secretId !== secretId) await deleteSecret(tx, before.secretId);
  return ok(changed);
}

async function sealIfAny(
  tx: Tx,
  shelf: CredentialShelf,
  id: CredentialId,
  secret: CredentialSecret | undefined,
): Promise<Outcome<SecretId | null>> {
  return secret ? shelf.seal(tx, id, secret) : ok(null);
}

// Who knows a secret of its own; nobody does of a credential that has none.
function enteredBy({ actorId }: CredentialShelf, { secretChanged, referenceId }: ChangedCredential) {
  if (secretChanged) return { secretEnteredBy: actorId };
  return referenceId ? { secretEnteredBy: null } : {};
}

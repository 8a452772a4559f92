import { and, count, eq, inArray, notExists } from 'drizzle-orm';
import type { SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { secretRecipients, secrets } from '../schema.ts';

/** A secret with its wrapped keys, as the vault seals and opens it. */
export type SecretRow = {
  id: SecretId;
  purpose: string;
  nonce: Uint8Array;
  ciphertext: Uint8Array;
  recipients: readonly { kind: 'system' | 'person'; keyId: string; wrappedKey: Uint8Array }[];
};

export async function insertSecret(tx: Tx, { recipients, ...secret }: SecretRow): Promise<void> {
  await tx.insert(secrets).values(secret);
  await tx.insert(secretRecipients).values(recipients.map((recipient) => ({ secretId: secret.id, ...recipient })));
}

/** `null`, of a credential that refers to another, is no secret. */
export async function findSecret(tx: Tx, id: SecretId | null): Promise<SecretRow | undefined> {
  if (!id) return undefined;
  const rows = await tx
    .select({ secret: secrets, recipient: secretRecipients })
    .from(secrets)
    .leftJoin(secretRecipients, eq(secretRecipients.secretId, secrets.id))
    .where(eq(secrets.id, id));
  const secret = rows[0]?.secret;
  return secret && { ...secret, recipients: rows.flatMap(({ recipient }) => recipient ?? []) };
}

/** Removes a secret and every wrapped key of it; whatever pointed to it must be gone already. */
export async function deleteSecret(tx: Tx, id: SecretId | null): Promise<void> {
  if (!id) return;
  await tx.delete(secrets).where(eq(secrets.id, id));
}

/** How many secrets have no wrapped key that one of these system keys could open; those of persons are not counted. */
export async function countSecretsNotFor(tx: Tx, systemKeyIds: readonly string[]): Promise<number> {
  const own = tx
    .select({ id: secretRecipients.secretId })
    .from(secretRecipients)
    .where(and(eq(secretRecipients.secretId, secrets.id), inArray(secretRecipients.keyId, [...systemKeyIds])));
  const personal = tx
    .select({ id: secretRecipients.secretId })
    .from(secretRecipients)
    .where(and(eq(secretRecipients.secretId, secrets.id), eq(secretRecipients.kind, 'person')));
  const [row] = await tx
    .select({ n: count() })
    .from(secrets)
    .where(and(notExists(own), notExists(personal)));
  return row?.n ?? 0;
}

import { findPersonKey, updateSealedKey } from '../../db/queries/person-keys.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { PersonId } from '../ids.ts';
import { isCrowded } from '../people/argon2-turns.ts';
import { type Counted, countAttempt } from '../people/throttle.ts';
import { attestAgain, isAttested, isSealedCheaply, openPrivateKey, sealPrivateKey } from './person-key.ts';
import { type PersonKeyHandle, personKeyHandle } from './person-key-handle.ts';
import type { PersonKey } from './sealed-person-key.ts';

/**
 * Opens the key pair of a person with their master password. Refuses with `no_master_password`,
 * `invalid_master_password`, or `too_many_attempts` (with back-off, never a lock-out). Costs Argon2id: only the portal's
 * process may call it. The caller disposes of the handle.
 */
export async function openWithMasterPassword(
  ctx: Context,
  personId: PersonId,
  password: string,
): Promise<Outcome<PersonKeyHandle>> {
  const opened = await openKeyPair(ctx, personId, password);
  if (!opened.ok) return opened;
  const { key, privateKey } = opened.value;
  return ok(personKeyHandle(ctx, { personId, publicKey: key.publicKey, privateKey, proof: 'master_password' }));
}

/** A key pair that its master password has just opened; whoever asked overwrites the private key. */
export type OpenedKeyPair = { key: PersonKey; privateKey: Buffer };

/** As `openWithMasterPassword`, for those who seal the key anew. */
export async function openKeyPair(ctx: Context, personId: PersonId, password: string): Promise<Outcome<OpenedKeyPair>> {
  const key = await findPersonKey(ctx.connection.db, personId);
  if (!key) return refuse('no_master_password');
  const counted = await countMasterPassword(ctx, personId);
  if (!counted.ok) return counted;
  if (isCrowded()) return counted.value.withdraw();
  const privateKey = await openPrivateKey(key, password);
  if (!privateKey) {
    await ctx.audit.append({
      kind: 'master_password.failed',
      actorId: personId,
      subject: { personId, why: 'password' },
    });
    return refuse('invalid_master_password');
  }
  await counted.value.forgive();
  return ok({ key: await bringUpToDate(ctx, { key, privateKey }, password), privateKey });
}

/** Counts a try at somebody's master password, before any work is done for it. */
async function countMasterPassword(ctx: Context, personId: PersonId): Promise<Outcome<Counted>> {
  const counted = await countAttempt(ctx, { masterPasswordOf: personId });
  if (!counted.blocked) return ok(counted);
  if (counted.blocked.isFirst) {
    const subject = { personId, why: 'throttled' } as const;
    await ctx.audit.append({ kind: 'master_password.failed', actorId: personId, subject });
  }
  return counted.blocked.refusal;
}

/**
 * Whether this is the master password of a person, for a password that must not be it. Counted as a guess and left so:
 * whoever may ask otherwise without end will find it.
 */
export async function isMasterPassword(ctx: Context, personId: PersonId, password: string): Promise<Outcome<boolean>> {
  const key = await findPersonKey(ctx.connection.db, personId);
  if (!key) return ok(false);
  const counted = await countMasterPassword(ctx, personId);
  if (!counted.ok) return counted;
  if (isCrowded()) return counted.value.withdraw();
  const privateKey = await openPrivateKey(key, password);
  privateKey?.fill(0);
  return ok(privateKey !== undefined);
}

// The password is at hand and has proven the row genuine: the moment to seal it at today's cost, under today's keyring.
async function bringUpToDate(ctx: Context, { key, privateKey }: OpenedKeyPair, password: string): Promise<PersonKey> {
  const isCheap = isSealedCheaply(key);
  if (!isCheap && isAttested(ctx.keyring, key)) return key;
  const attested = attestAgain(ctx.keyring, key);
  const better = isCheap ? await sealPrivateKey(attested, privateKey, password) : attested;
  await updateSealedKey(ctx.connection.db, better);
  return better;
}

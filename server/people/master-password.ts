import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { findWaitingLink } from '../../db/queries/master-password-links.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { deleteUnlocksOf, insertPersonKey, lockPersonKey, updateSealedKey } from '../../db/queries/person-keys.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { openKeyPair } from '../vault/master-password.ts';
import { createPersonKey, isSameSealing, sealPrivateKey } from '../vault/person-key.ts';
import type { PersonKey } from '../vault/sealed-person-key.ts';
import { checkPassword, passwordProblem } from './passwords.ts';
import { passwordRefused } from './person-fields.ts';
import { countAttempt } from './throttle.ts';

const MasterPasswordSchema = z.string().max(1024, 'Use at most 128 characters.');

export const SetMasterPasswordInputSchema = z.object({ password: MasterPasswordSchema });

const hasOne: Refusal = refuse('conflict', {
  problem: 'You have a master password already. Change it in your profile.',
});
const resetWaits: Refusal = refuse('conflict', {
  problem: 'An administrator reset your master password. Choose a new one with the link that was sent to you.',
});

/** Makes the actor's key pair, sealed under their first master password. After a reset only its link does this. */
export async function setMasterPassword(
  ctx: Context,
  actor: Actor,
  { password }: z.output<typeof SetMasterPasswordInputSchema>,
): Promise<Outcome<undefined>> {
  return storeFirst(ctx, actor, password, async (tx) =>
    (await findWaitingLink(tx, actor.person.id)) ? { refusal: resetWaits } : { byLink: false },
  );
}

/** Asked in the transaction that stores the key: whether it may be stored, and by what right. */
export type MayStore = (tx: Tx, now: Date) => Promise<{ byLink: boolean } | { refusal: Refusal }>;

/** Checks a new master password, makes the key pair and stores it, if `mayStore` agrees. */
export async function storeFirst(
  ctx: Context,
  actor: Actor,
  password: string,
  mayStore: MayStore,
): Promise<Outcome<undefined>> {
  const { id: personId } = actor.person;
  const refusal = await refuseAsMasterPassword(ctx, actor, { password, field: 'password' });
  if (refusal) return refusal;
  const key = await createPersonKey(ctx.keyring, personId, password);
  return ctx.audit.transact(async (tx, record) => {
    const now = ctx.clock.now();
    const right = await mayStore(tx, now);
    if ('refusal' in right) return right.refusal;
    if (!(await insertPersonKey(tx, key, now))) return hasOne;
    record({ kind: 'master_password.set', actorId: personId, subject: { personId, byLink: right.byLink } });
    return ok(undefined);
  });
}

export const ChangeMasterPasswordInputSchema = z.object({ current: MasterPasswordSchema, next: MasterPasswordSchema });

/** Seals the same key pair under another master password. Every credential stays; every unlock ends. */
export async function changeMasterPassword(
  ctx: Context,
  actor: Actor,
  { current, next }: z.output<typeof ChangeMasterPasswordInputSchema>,
): Promise<Outcome<undefined>> {
  const opened = await openKeyPair(ctx, actor.person.id, current);
  if (!opened.ok) return opened.code === 'invalid_master_password' ? wrongPresentOne : opened;
  const { key, privateKey } = opened.value;
  try {
    const refusal = await refuseAsMasterPassword(ctx, actor, { password: next, field: 'next' });
    if (refusal) return refusal;
    const sealed = await sealPrivateKey(key, privateKey, next);
    return await storeChanged(ctx, actor, { from: key, to: sealed });
  } finally {
    privateKey.fill(0);
  }
}

const wrongPresentOne: Refusal = refuse('invalid_master_password', { field: 'current' });

async function storeChanged(
  ctx: Context,
  actor: Actor,
  { from, to }: { from: PersonKey; to: PersonKey },
): Promise<Outcome<undefined>> {
  const { id: personId } = actor.person;
  return ctx.audit.transact(async (tx, record) => {
    const present = await lockPersonKey(tx, personId, 'update');
    // Reset or changed in the meantime: the proof given was of a password that counts no more.
    if (!isSameSealing(present, from)) return wrongPresentOne;
    await updateSealedKey(tx, to, ctx.clock.now());
    await deleteUnlocksOf(tx, personId);
    record({ kind: 'master_password.changed', actorId: personId, subject: { personId } });
    return ok(undefined);
  });
}

/**
 * Why this cannot be somebody's master password. It is tried against their sign-in password, which must be another one;
 * the try stays counted as a guess at that, or this would be a place to guess it without end.
 */
async function refuseAsMasterPassword(
  ctx: Context,
  { person: { id, email } }: Actor,
  { password, field }: { password: string; field: string },
): Promise<Refusal | undefined> {
  const { minMasterPasswordLength: shortest } = await readSettings(ctx.connection.db);
  const problem = passwordProblem(password, { email, shortest });
  if (problem) return passwordRefused(problem, field);
  const counted = await countAttempt(ctx, { email, address: null });
  if (counted.blocked) return counted.blocked.refusal;
  const person = await findPersonByEmail(ctx.connection.db, email.toLowerCase());
  const checked = await checkPassword(person?.id === id ? person.passwordHash : undefined, password);
  if (checked === 'too_busy') return counted.withdraw();
  if (checked === 'wrong') return undefined;
  return passwordRefused(
    'Use another one than your sign-in password: who learns the one must not have the other.',
    field,
  );
}

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  deleteExpiredUnlocks,
  deleteUnlock,
  findPersonKey,
  findUnlock,
  lockPersonKey,
  replaceUnlock,
  type UnlockRow,
} from '../../db/queries/person-keys.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import type { Who } from '../decide/facts.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { newId, type UnlockId } from '../ids.ts';
import { decrypt, encrypt, keyBytes, nonceBytes } from './aes-gcm.ts';
import { openKeyPair } from './master-password.ts';
import { isSameSealing } from './person-key.ts';
import { type PersonKeyHandle, personKeyHandle } from './person-key-handle.ts';

const hourMs = 3_600_000;

export const UnlockInputSchema = z.object({
  password: z.string().min(1, 'Enter your master password.').max(1024, 'This is not your master password.'),
});

/** `cookie` goes to the browser and is kept nowhere else. */
export type Unlocked = { cookie: string; until: Date };

/**
 * Opens the actor's key pair with their master password and seals its private half under a random key for this sign-in,
 * for as long as the settings say and the sign-in lasts. The key is in the answer alone. Refuses as `openWithMasterPassword`.
 */
export async function unlock(
  ctx: Context,
  actor: Actor,
  { password }: z.output<typeof UnlockInputSchema>,
): Promise<Outcome<Unlocked>> {
  const opened = await openKeyPair(ctx, actor.person.id, password);
  if (!opened.ok) return opened;
  const { key, privateKey } = opened.value;
  const unlockKey = randomBytes(keyBytes);
  try {
    const now = ctx.clock.now();
    const { unlockHours } = await readSettings(ctx.connection.db);
    const until = new Date(Math.min(now.getTime() + unlockHours * hourMs, actor.login.expiresAt.getTime()));
    const row = sealUnlock(actor, { publicKey: key.publicKey, privateKey, unlockKey, until });
    return await ctx.audit.transact(async (tx, record) => {
      const present = await lockPersonKey(tx, actor.person.id, 'share');
      // Reset or changed while Argon2 worked: what was just opened must not outlive it.
      if (!isSameSealing(present, key)) return refuse('locked');
      await deleteExpiredUnlocks(tx, now);
      await replaceUnlock(tx, row);
      const subject = { loginSessionId: actor.login.id, until: until.toISOString() };
      record({ kind: 'vault.unlocked', actorId: actor.person.id, subject });
      return ok({ cookie: unlockKey.toString('base64url'), until });
    });
  } finally {
    privateKey.fill(0);
    unlockKey.fill(0);
  }
}

/** Ends the unlock of this sign-in. What the browser still holds is worth nothing afterwards. */
export async function lock(ctx: Context, actor: Actor): Promise<Outcome<undefined>> {
  return ctx.audit.transact(async (tx, record) => {
    if (await deleteUnlock(tx, actor.login.id)) {
      record({ kind: 'vault.locked', actorId: actor.person.id, subject: { loginSessionId: actor.login.id } });
    }
    return ok(undefined);
  });
}

/**
 * Opens the key pair with the key in the unlock cookie, under the sign-in it was made for. Anything else is `locked`. The
 * caller disposes of the handle.
 */
export async function openWithUnlock(
  ctx: Context,
  who: Who,
  unlockCookie: string | undefined,
): Promise<Outcome<PersonKeyHandle>> {
  const { id: personId } = who.person;
  const unlockKey = readKey(unlockCookie);
  if (!unlockKey) return refuse('locked');
  const { db } = ctx.connection;
  const row = await findUnlock(db, who.login.id);
  const key = row && (await findPersonKey(db, personId));
  if (!key || row.personId !== personId || row.expiresAt <= ctx.clock.now()) return refuse('locked');
  const { publicKey } = key;
  const privateKey = decrypt(unlockKey, row.nonce, row.sealedPrivateKey, bindingOf(row, publicKey));
  unlockKey.fill(0);
  if (!privateKey) return refuse('locked');
  return ok(personKeyHandle(ctx, { personId, publicKey, privateKey, proof: 'unlock' }));
}

/** `none`: this person has no master password, so there is nothing to unlock. */
export type VaultState = { state: 'none' } | { state: 'locked' } | { state: 'unlocked'; until: Date };

/** What a screen shows of the vault to this browser. Asks the cookie itself, so that it never says more than is true. */
export async function vaultState(ctx: Context, actor: Actor, unlockCookie: string | undefined): Promise<VaultState> {
  const { db } = ctx.connection;
  if (!(await findPersonKey(db, actor.person.id))) return { state: 'none' };
  const opened = await openWithUnlock(ctx, actor, unlockCookie);
  if (!opened.ok) return { state: 'locked' };
  opened.value[Symbol.dispose]();
  const row = await findUnlock(db, actor.login.id);
  return row ? { state: 'unlocked', until: row.expiresAt } : { state: 'locked' };
}

type SealUnlock = { publicKey: Uint8Array; privateKey: Uint8Array; unlockKey: Uint8Array; until: Date };

function sealUnlock(actor: Actor, { publicKey, privateKey, unlockKey, until }: SealUnlock): UnlockRow {
  const nonce = randomBytes(nonceBytes);
  const unlocked = {
    id: newId<UnlockId>(),
    personId: actor.person.id,
    loginSessionId: actor.login.id,
    expiresAt: until,
  };
  return {
    ...unlocked,
    nonce,
    sealedPrivateKey: encrypt(unlockKey, nonce, privateKey, bindingOf(unlocked, publicKey)),
  };
}

type Bound = Pick<UnlockRow, 'id' | 'personId' | 'loginSessionId' | 'expiresAt'>;

/** What is authenticated beside the private key: nobody can lend an unlock to another sign-in, or make it last. */
function bindingOf({ id, personId, loginSessionId, expiresAt }: Bound, publicKey: Uint8Array): Buffer {
  const parts = [id, personId, loginSessionId, expiresAt.toISOString(), Buffer.from(publicKey).toString('hex')];
  return Buffer.from(JSON.stringify(['sallyport.unlock.v1', ...parts]));
}

function readKey(cookie: string | undefined): Buffer | undefined {
  return cookie && /^[\w-]{43}$/.test(cookie) ? Buffer.from(cookie, 'base64url') : undefined;
}

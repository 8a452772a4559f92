import { cookies } from 'next/headers';
import { cookieHeader } from '#app/with-person.ts';
import {
  type Actor,
  type Context,
  type Outcome,
  portalContext,
  publicUrl,
  readUnlockCookie,
  unlock,
  unlockCookieName,
  unlockCookieOptions,
  type VaultState,
  vaultState,
} from '#server/portal.ts';

/** What this browser may do with the vault of the actor. */
export async function currentVault(actor: Actor): Promise<VaultState> {
  return vaultState(await portalContext(), actor, readUnlockCookie(await cookieHeader(), publicUrl()));
}

/** Unlocks for this browser: the key goes into a cookie without an expiry, which ends with the browser. */
export async function unlockHere(ctx: Context, actor: Actor, password: string): Promise<Outcome<{ until: Date }>> {
  const unlocked = await unlock(ctx, actor, { password });
  if (!unlocked.ok) return unlocked;
  const { cookie, until } = unlocked.value;
  (await cookies()).set(unlockCookieName(publicUrl()), cookie, unlockCookieOptions(publicUrl()));
  return { ok: true, value: { until } };
}

export async function forgetUnlock(): Promise<void> {
  (await cookies()).set(unlockCookieName(publicUrl()), '', { ...unlockCookieOptions(publicUrl()), maxAge: 0 });
}

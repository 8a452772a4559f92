import { isIPv6 } from 'node:net';
import { listAddressesOf } from '../../db/queries/logins.ts';
import {
  type BackOff,
  deleteOldThrottles,
  forgetAttempts,
  giveAttemptBack,
  isFirstBlocked,
  takeAttempt,
} from '../../db/queries/throttles.ts';
import type { Context } from '../context.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { CredentialId, PersonId } from '../ids.ts';

const hourMs = 3_600_000;
const familiarForMs = 30 * 24 * hourMs;
// Never a lock-out: somebody who hammers at an account makes its owner wait a minute at most, and not at all where the
// owner signed in before.
const perAccount: BackOff = { free: 5, capMs: 60_000, forgetMs: hourMs };
const perAddress: BackOff = { free: 30, capMs: 60_000, forgetMs: hourMs };
// Computers lock accounts after a few refusals, and whoever stores each guess as a credential of its own guesses as well.
const perTester: BackOff = { free: 20, capMs: 60_000, forgetMs: hourMs };
const perTest: BackOff = { free: 3, capMs: 300_000, forgetMs: hourMs };

/**
 * A try at a sign-in password, from somewhere; at the master password of somebody signed in, here or `at` an API; or of a
 * stored credential at its computer, which is a sign-in there, right or wrong.
 */
export type Attempt =
  | { email: string; address: string | null }
  | { masterPasswordOf: PersonId; at?: string }
  | { testOf: CredentialId; by: PersonId };

/** A refused attempt; `isFirst` once per block, for the audit log. */
export type Blocked = { refusal: Refusal; isFirst: boolean };

/** An attempt that was counted. Left as it is, it was wrong. */
export type Counted = {
  blocked: undefined;
  /** The password was right. */
  forgive(): Promise<void>;
  /** It was not looked at, so it counts for nothing. Answers what to say instead. */
  withdraw(): Promise<Refusal>;
};

type Count = { key: string; backOff: BackOff };

/** Counts an attempt with a password, before any work is spent on it. */
export async function countAttempt(ctx: Context, attempt: Attempt): Promise<Counted | { blocked: Blocked }> {
  const { db } = ctx.connection;
  const now = ctx.clock.now();
  const counts = await countsOf(ctx, attempt);
  for (const { key, backOff } of counts) {
    const until = await takeAttempt(db, key, now, backOff);
    if (!until) continue;
    const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
    const isFirst = await isFirstBlocked(db, key);
    return { blocked: { refusal: refuse('too_many_attempts', { seconds }), isFirst } };
  }
  await deleteOldThrottles(db, new Date(now.getTime() - 24 * hourMs));
  return { blocked: undefined, forgive: () => forgive(ctx, counts), withdraw: () => withdraw(ctx, counts) };
}

// Right ones for one account say nothing of guesses at others, so the address only gets this one back.
async function forgive({ connection: { db }, clock }: Context, counts: readonly Count[]): Promise<void> {
  for (const { key, backOff } of counts) {
    if (backOff === perAddress) await giveAttemptBack(db, key, clock.now());
    else await forgetAttempts(db, key);
  }
}

async function withdraw({ connection: { db }, clock }: Context, counts: readonly Count[]): Promise<Refusal> {
  for (const { key } of counts) await giveAttemptBack(db, key, clock.now());
  return refuse('too_many_attempts', { seconds: 5 });
}

// Strangers take every free moment of an account's count, and colleagues behind one address that of the address. So where
// its owner signed in lately, an account is counted by itself.
async function countsOf(ctx: Context, attempt: Attempt): Promise<Count[]> {
  if ('testOf' in attempt) {
    return [
      { key: `credential-test:${attempt.testOf}`, backOff: perTest },
      { key: `credential-tests-by:${attempt.by}`, backOff: perTester },
    ];
  }
  if ('masterPasswordOf' in attempt) {
    const { masterPasswordOf, at } = attempt;
    // Whoever knows the one must not have guesses at the other forgiven.
    return [{ key: `master-password:${masterPasswordOf}${at ? ` ${at}` : ''}`, backOff: perAccount }];
  }
  const { email, address } = attempt;
  const ofEmail = { key: `email:${email.toLowerCase()}`, backOff: perAccount };
  if (!address) return [ofEmail];
  const network = networkOf(address);
  const since = new Date(ctx.clock.now().getTime() - familiarForMs);
  const familiar = await listAddressesOf(ctx.connection.db, email, since);
  if (familiar.some((known) => networkOf(known) === network)) {
    return [{ key: `familiar:${email.toLowerCase()} ${network}`, backOff: perAccount }];
  }
  return [{ key: `address:${network}`, backOff: perAddress }, ofEmail];
}

/** An IPv4 address, or the /64 of an IPv6 address: whoever has one address of it has them all. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%', 1).join('').split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

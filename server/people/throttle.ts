import { isIPv6 } from 'node:net';
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

const hourMs = 3_600_000;
// Never a lock-out: somebody who hammers at an account makes its owner wait a minute at most.
const perEmail: BackOff = { free: 5, capMs: 60_000, forgetMs: hourMs };
const perAddress: BackOff = { free: 30, capMs: 60_000, forgetMs: hourMs };

export type Attempt = { email: string; address: string | null };

/** A refused attempt; `isFirst` once per block, for the audit log. */
export type Blocked = { refusal: Refusal; isFirst: boolean };

/** Counts an attempt with a password, before any work is spent on it. `undefined`: it may go on. */
export async function countAttempt(ctx: Context, attempt: Attempt): Promise<Blocked | undefined> {
  const { db } = ctx.connection;
  const now = ctx.clock.now();
  for (const [key, backOff] of keysOf(attempt)) {
    const until = await takeAttempt(db, key, now, backOff);
    if (!until) continue;
    const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
    return { refusal: refuse('too_many_attempts', { seconds }), isFirst: await isFirstBlocked(db, key) };
  }
  await deleteOldThrottles(db, new Date(now.getTime() - 24 * hourMs));
  return undefined;
}

/** The password was right. Right ones for one account say nothing of guesses at others, so the address only gets this one back. */
export async function forgiveAttempt(ctx: Context, { email, address }: Attempt): Promise<void> {
  await forgetAttempts(ctx.connection.db, emailKey(email));
  if (address) await giveAttemptBack(ctx.connection.db, addressKey(address), ctx.clock.now());
}

/** The attempt was not looked at: it counts for nothing. Answers what to say instead. */
export async function withdrawAttempt(ctx: Context, attempt: Attempt): Promise<Refusal> {
  for (const [key] of keysOf(attempt)) await giveAttemptBack(ctx.connection.db, key, ctx.clock.now());
  return refuse('too_many_attempts', { seconds: 5 });
}

function keysOf({ email, address }: Attempt): [string, BackOff][] {
  const ofEmail: [string, BackOff] = [emailKey(email), perEmail];
  return address ? [[addressKey(address), perAddress], ofEmail] : [ofEmail];
}

const emailKey = (email: string) => `email:${email.toLowerCase()}`;
const addressKey = (address: string) => `address:${networkOf(address)}`;

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

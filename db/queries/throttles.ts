import { eq, or, sql } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { throttles } from '../schema.ts';

/** `free` attempts without a wait, then 1 s, 2 s, 4 s … up to `capMs`; forgotten after `forgetMs` without an attempt. */
export type BackOff = { free: number; capMs: number; forgetMs: number };

/**
 * Counts an attempt before it is made, so that a thousand at once are not all judged by the same old count. Answers
 * `undefined` when it may go on, else until when the key is blocked; a blocked attempt changes nothing.
 */
export async function takeAttempt(tx: Tx, key: string, now: Date, backOff: BackOff): Promise<Date | undefined> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const forgotten = sql`${throttles.updatedAt} < ${at} - ${backOff.forgetMs}::float8 * interval '1 ms'`;
  const failures = sql`(case when ${forgotten} then 1 else least(${throttles.failures} + 1, 1000000) end)`;
  const waitMs = sql`case when ${failures} <= ${backOff.free}::int then 0
    else least(${backOff.capMs}::float8, 1000 * power(2, least(${failures} - ${backOff.free}::int - 1, 30))) end`;
  const taken = await tx
    .insert(throttles)
    .values({ key, failures: 1, blockedUntil: now, updatedAt: now })
    .onConflictDoUpdate({
      target: throttles.key,
      set: { failures, blockedUntil: sql`${at} + (${waitMs}) * interval '1 ms'`, updatedAt: now },
      // Free attempts never wait, not even one whose clock was read a moment before that of the row.
      setWhere: sql`${throttles.blockedUntil} <= ${at} or ${throttles.failures} < ${backOff.free}::int`,
    })
    .returning({ key: throttles.key });
  if (taken.length > 0) return undefined;
  const [row] = await tx.select({ until: throttles.blockedUntil }).from(throttles).where(eq(throttles.key, key));
  return row?.until ?? now;
}

/** `true` for the first attempt that met the present block; so a flood leaves one line of evidence, not a million. */
export async function isFirstBlocked(tx: Tx, key: string): Promise<boolean> {
  const rows = await tx
    .update(throttles)
    .set({ updatedAt: throttles.blockedUntil })
    .where(sql`${throttles.key} = ${key} and ${throttles.updatedAt} < ${throttles.blockedUntil}`)
    .returning({ key: throttles.key });
  return rows.length === 1;
}

export async function forgetAttempts(tx: Tx, key: string): Promise<void> {
  await tx.delete(throttles).where(eq(throttles.key, key));
}

/** Takes one attempt back: it was right, so it is no reason to make the next one wait. */
export async function giveAttemptBack(tx: Tx, key: string, now: Date): Promise<void> {
  await tx
    .update(throttles)
    .set({ failures: sql`greatest(${throttles.failures} - 1, 0)`, blockedUntil: now })
    .where(eq(throttles.key, key));
}

export async function deleteOldThrottles(tx: Tx, olderThan: Date): Promise<void> {
  await tx.delete(throttles).where(
    sql`${throttles.key} in (select key from throttles where updated_at < ${olderThan.toISOString()}::timestamptz
      limit 100 for update skip locked)`,
  );
}

/** Forgets every attempt at the account with this email (in lower case), here and elsewhere; `false`: there was none. */
export async function deleteThrottlesOf(
  tx: Tx,
  { email, personId }: { email: string; personId: PersonId },
): Promise<boolean> {
  const begins = (text: string) => sql`starts_with(${throttles.key}, ${text})`;
  const isTheirs = or(
    eq(throttles.key, `email:${email}`),
    begins(`familiar:${email} `),
    begins(`master-password:${personId}`),
  );
  const rows = await tx.delete(throttles).where(isTheirs).returning({ key: throttles.key });
  return rows.length > 0;
}

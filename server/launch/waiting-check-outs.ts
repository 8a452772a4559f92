import type { Tx } from '../../db/connect.ts';
import { countWaiting } from '../../db/queries/check-outs.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { PersonId } from '../ids.ts';

/** How many check-outs of one person may wait to be used: more than anybody opens at once. */
export const mostWaitingCheckOuts = 20;

/** Refuses one more check-out while so many wait that nobody used, with the seconds until the first of them expires. */
export async function refuseTooManyWaiting(tx: Tx, personId: PersonId, now: Date): Promise<Refusal | undefined> {
  const { count, firstExpiresAt } = await countWaiting(tx, personId, now);
  if (count < mostWaitingCheckOuts || !firstExpiresAt) return undefined;
  return refuse('too_many_attempts', { seconds: Math.ceil((firstExpiresAt.getTime() - now.getTime()) / 1000) });
}

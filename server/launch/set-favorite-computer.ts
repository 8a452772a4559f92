import { z } from 'zod';
import { loadAccess } from '../../db/queries/access-facts.ts';
import { setFavoriteComputer as storeFavorite } from '../../db/queries/favorites.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { ComputerGuid } from '../ids.ts';
import { idSchema } from '../inventory/input-fields.ts';

export const SetFavoriteComputerInputSchema = z.object({
  computerGuid: idSchema<ComputerGuid>('Choose a computer in the shop.'),
  isFavorite: z.boolean(),
});

/** Puts a computer among those that this person finds first in the shop, or takes it from there. It gives no right. */
export async function setFavoriteComputer(
  ctx: Context,
  actor: Actor,
  { computerGuid, isFavorite }: z.output<typeof SetFavoriteComputerInputSchema>,
): Promise<Outcome<undefined>> {
  const entry = decide('enter', actor, ctx.clock.now());
  if (!entry.allow) return refuse(entry.reason);
  const { db } = ctx.connection;
  const access = await loadAccess(db, actor.person.id, computerGuid);
  if (!access) return refuse('not_found');
  await storeFavorite(db, { personId: actor.person.id, computerId: access.computer.id }, isFavorite);
  return ok(undefined);
}

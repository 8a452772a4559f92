import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Refusal, refuse } from '../errors.ts';

/** The first question of every use case in this room; `undefined` when the answer is yes. */
export function refuseNonAdministrator(ctx: Context, actor: Actor): Refusal | undefined {
  const decision = decide('administer', actor, ctx.clock.now());
  return decision.allow ? undefined : refuse(decision.reason);
}

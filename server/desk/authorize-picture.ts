import { loadSessionAccess } from '../../db/queries/access-facts.ts';
import type { Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import { whoIs } from '../people/who-is.ts';

export type PictureWish = { cookieHeader: string | undefined; sessionId: SessionId };

/** Whether whoever sent this may look at a session now. That they do is written down where the picture is made. */
export async function authorizePicture(
  ctx: Context,
  { cookieHeader, sessionId }: PictureWish,
): Promise<Outcome<AuthorizedView>> {
  const who = await whoIs(ctx, cookieHeader);
  if (!who.ok) return who;
  const [found] = await loadSessionAccess(ctx.connection.db, [sessionId]);
  if (!found) return refuse('not_found');
  const { person, login } = who.value;
  const { session, access, grantId, allowsSnooping } = found;
  const question = { person, login, session, access, grantId, allowsSnooping, ticket: null };
  const decision = decide('watch', question, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  return ok({ sessionId, actor: who.value, isTold: decision.isTold } as AuthorizedView);
}

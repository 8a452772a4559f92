import { decode } from 'next-auth/jwt';
import { findLoginWithPerson } from '../../db/queries/logins.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type LoginSessionId } from '../ids.ts';
import { readSessionCookie } from './session-cookie.ts';

/**
 * Who sent this `Cookie` header, looked up in the database every time, so that a revoked sign-in or a disabled person
 * is out at once. The only place that mints an `Actor`. Whatever the header holds, the answer is an outcome; it throws
 * only when the database does not answer.
 */
export async function whoIs(ctx: Context, cookieHeader: string | undefined): Promise<Outcome<Actor>> {
  const loginSessionId = await readLoginSessionId(ctx, readSessionCookie(cookieHeader, ctx.publicUrl));
  if (!loginSessionId) return refuse('not_signed_in');
  const found = await findLoginWithPerson(ctx.connection.db, loginSessionId);
  if (!found) return refuse('not_signed_in');
  const decision = decide('enter', found, ctx.clock.now());
  return decision.allow ? ok(found as unknown as Actor) : refuse(decision.reason);
}

// next-auth renews its token at will; what stays the same in it is our `sid`.
async function readLoginSessionId(ctx: Context, token: string | undefined): Promise<LoginSessionId | undefined> {
  if (!token) return undefined;
  try {
    const claims = await decode({ token, secret: ctx.keyring.authSecret });
    const sid = claims?.sid;
    return typeof sid === 'string' && isUuid(sid) ? (sid as LoginSessionId) : undefined;
  } catch {
    return undefined; // Not ours, altered or expired.
  }
}

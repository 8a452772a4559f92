import { encode } from 'next-auth/jwt';
import type { Context } from '../../server/context.ts';
import type { LoginSessionId } from '../../server/ids.ts';
import { sessionCookieName } from '../../server/people/session-cookie.ts';

/** The `Cookie` header that next-auth would have given the browser of this sign-in. */
export async function cookieOf(
  ctx: Context,
  loginSessionId: LoginSessionId,
  publicUrl = ctx.publicUrl,
): Promise<string> {
  const token = await encode({ token: { sid: loginSessionId }, secret: ctx.keyring.authSecret });
  return `${sessionCookieName(publicUrl)}=${token}`;
}

import type { NextAuthOptions } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import { type Context, publicUrl, revokeLogin, sentenceOf, sessionCookieName, signIn, whoIs } from '#server/portal.ts';
import { settingDefinitions } from '#server/protocol/settings.ts';

// When a sign-in ends stands in its row; the cookie must only not end before it.
const longestSignInSeconds = settingDefinitions.signInHours.max * 3600;

/**
 * next-auth as we use it: it carries the sign-in form and the cookie; the cookie holds only the id of the login session
 * (`sid`), which `whoIs` looks up on every request.
 */
export function authOptions(ctx: Context, cookieHeader: string | undefined): NextAuthOptions {
  const isSecure = publicUrl().startsWith('https:');
  return {
    secret: ctx.keyring.authSecret,
    useSecureCookies: isSecure,
    session: { strategy: 'jwt', maxAge: longestSignInSeconds },
    pages: { signIn: '/sign-in', error: '/sign-in', signOut: '/sign-in' },
    cookies: {
      sessionToken: {
        name: sessionCookieName(publicUrl()),
        options: { httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure },
      },
    },
    providers: [passwordProvider(ctx)],
    callbacks: {
      jwt: ({ token, user }) => ({ sid: user ? user.id : token.sid }),
      // Nobody reads next-auth's idea of a session; it tells a script nothing.
      session: ({ session }) => ({ expires: session.expires }),
    },
    events: { signOut: () => endLogin(ctx, cookieHeader) },
    logger: {
      error: (code) => ctx.log.error('next-auth failed', { code }),
      warn: (code) => ctx.log.debug('next-auth warns', { code }),
      debug: () => {},
    },
  };
}

function passwordProvider(ctx: Context) {
  return Credentials({
    credentials: { email: { type: 'email' }, password: { type: 'password' } },
    async authorize(given, request) {
      const headers: Record<string, string | undefined> = request.headers ?? {};
      const outcome = await signIn(ctx, {
        email: given?.email ?? '',
        password: given?.password ?? '',
        address: headers['x-forwarded-for'] ?? null,
        userAgent: headers['user-agent'] ?? null,
      });
      // next-auth hands the message of an error thrown here to the form.
      if (!outcome.ok) throw new Error(sentenceOf(outcome));
      return { id: outcome.value.loginSessionId };
    },
  });
}

async function endLogin(ctx: Context, cookieHeader: string | undefined): Promise<void> {
  const actor = await whoIs(ctx, cookieHeader);
  if (actor.ok) await revokeLogin(ctx, actor.value, { loginSessionId: actor.value.login.id });
}

import { readCookie } from '../people/session-cookie.ts';

/**
 * How the cookie is set that carries the key of an unlock: for this browser session, HttpOnly, and `__Host-` where it is https.
 * SameSite is Lax, not Strict: a launch from a shop elsewhere arrives as a POST that is answered with a redirect, and
 * browsers hold a Strict cookie back from what follows, so whoever had unlocked would be asked again. Lax gives the cookie
 * to no request of another site but such a visit of a page; and no page opens a secret, only what is posted from our own.
 */
export function unlockCookieOptions(publicUrl: string) {
  return { httpOnly: true, sameSite: 'lax', path: '/', secure: publicUrl.startsWith('https:') } as const;
}

export function unlockCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-sallyport.unlock' : 'sallyport.unlock';
}

/** The value of the unlock cookie in a `Cookie` header. */
export function readUnlockCookie(header: string | undefined, publicUrl: string): string | undefined {
  return readCookie(header, unlockCookieName(publicUrl));
}

const secureName = '__Host-sallyport.session';
const plainName = 'sallyport.session';

/** The cookie that carries a sign-in. `__Host-` binds it to this very origin; browsers take such a cookie over https only. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? secureName : plainName;
}

/**
 * The value of the sign-in cookie in a `Cookie` header, put together from its chunks; `undefined` if there is none. Only
 * the name of this installation counts: over https any host of the same domain could set the plain one, and so sign
 * somebody in as the owner of another account.
 */
export function readSessionCookie(header: string | undefined, publicUrl: string): string | undefined {
  return readCookie(header, sessionCookieName(publicUrl));
}

/** The value of the cookie of this name in a `Cookie` header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  return cookieValue(name, parse(header ?? ''));
}

// next-auth cuts a value that is too long for one cookie into `name.0`, `name.1` ….
function cookieValue(name: string, cookies: ReadonlyMap<string, string>): string | undefined {
  const whole = cookies.get(name);
  if (whole !== undefined) return whole;
  let value = '';
  for (let index = 0; ; index += 1) {
    const chunk = cookies.get(`${name}.${index}`);
    if (chunk === undefined) return value || undefined;
    value += chunk;
  }
}

// Of two cookies with one name the first counts: browsers send the one with the longer path first.
function parse(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = pair.slice(0, equals).trim();
    if (!cookies.has(name)) cookies.set(name, unquoted(pair.slice(equals + 1).trim()));
  }
  return cookies;
}

function unquoted(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
}

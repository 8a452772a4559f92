import type { IncomingMessage } from 'node:http';
import type { Client } from './client-address.ts';
import { namesUs, type PublicOrigin } from './public-origin.ts';

/** The path as it was sent, undecoded, and the query with its `?`. */
export type RequestTarget = { path: string; query: string };

/**
 * Only origin-form targets: no absolute-form, and none that begins with two slashes, which browsers and URL parsers
 * read as another host; and none whose path is not UTF-8 in percent signs. `undefined` for anything else.
 */
export function targetOf(request: IncomingMessage): RequestTarget | undefined {
  const url = request.url ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
  if (!url.startsWith('/') || /^\/[/\\]/.test(url) || /[\u0000-\u0020\u007f#\\]/.test(url)) return undefined;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return isDecodable(path) ? { path, query: url.slice(path.length) } : undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** `ours`: go on. `redirect`: a person typed another name of this machine. `refuse`: DNS rebinding, or a misled program. */
export type HostVerdict = 'ours' | 'redirect' | 'refuse';

/**
 * A page that points its own name at our address (DNS rebinding) is stopped here, because its `Host` is not ours. A
 * trusted proxy may tell the name in `X-Forwarded-Host`; it is never redirected, since it would come back the same.
 */
export function checkHost(request: IncomingMessage, ours: PublicOrigin, client: Client): HostVerdict {
  if (countOf(request, 'host') !== 1) return 'refuse';
  const { host, 'x-forwarded-host': forwardedHost } = request.headers;
  if (client.viaTrustedProxy) return namesUs(String(forwardedHost ?? host), ours) ? 'ours' : 'refuse';
  if (namesUs(host, ours)) return 'ours';
  return isNavigation(request) ? 'redirect' : 'refuse';
}

/** A person following a link or typing an address, who should read a page rather than JSON. */
export function isNavigation(request: IncomingMessage): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const mode = request.headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return request.headers.accept?.includes('text/html') ?? false;
}

// `headers` keeps the first of several; the raw list shows that there were several.
function countOf(request: IncomingMessage, name: string): number {
  return request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

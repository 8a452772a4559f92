import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { PublicOrigin } from './public-origin.ts';
import { ownResponseHeaders } from './security-headers.ts';

/** What the gateway tells the portal about a request, instead of whatever the client claims. */
export type ForwardedFacts = {
  address: string;
  requestId: string;
  nonce: string;
  policy: string;
};

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Claims that only we, or Next within itself, may make.
const notForClients = new Set([
  'content-security-policy',
  'content-security-policy-report-only',
  'expect',
  'forwarded',
  'host',
  'next-resume',
  'x-matched-path',
  'x-nonce',
  'x-real-ip',
  'x-request-id',
]);
const notForClientsPrefixes = [
  'x-forwarded-',
  'x-sallyport-',
  'x-middleware-',
  'x-invoke-',
  'x-now-',
  'x-vercel-',
  'x-prerender-',
];

/** The header fields of `request` as the portal may see them. */
export function requestHeadersForPortal(
  request: IncomingMessage,
  ours: PublicOrigin,
  facts: ForwardedFacts,
): OutgoingHttpHeaders {
  const dropped = namedByConnection(request.headers);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (hopByHop.has(name) || dropped.has(name) || notForClients.has(name)) continue;
    if (notForClientsPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    headers[name] = value;
  }
  setFraming(headers, request.headers);
  return Object.assign(headers, {
    host: ours.host,
    'x-forwarded-for': facts.address,
    'x-forwarded-host': ours.host,
    'x-forwarded-port': String(ours.port),
    'x-forwarded-proto': ours.scheme,
    'x-request-id': facts.requestId,
    'x-nonce': facts.nonce,
    // A layout of Next cannot know which page it is around; with this it can say where to return after sign-in.
    'x-sallyport-path': request.url ?? '/',
    'content-security-policy': facts.policy,
  });
}

/** The header fields of the portal's answer as the browser may see them. */
export function responseHeadersForBrowser(upstream: IncomingMessage, ours: PublicOrigin): OutgoingHttpHeaders {
  const dropped = namedByConnection(upstream.headers);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(upstream.headers)) {
    if (hopByHop.has(name) || dropped.has(name) || ownResponseHeaders.has(name)) continue;
    if (name === 'x-powered-by' || name === 'server') continue;
    headers[name] = value;
  }
  // What says nothing of itself (next-auth's answers, with their cookies) is for nobody to keep.
  headers['cache-control'] ??= 'no-store';
  if (upstream.headers.location !== undefined) headers.location = publicLocation(upstream.headers.location, ours);
  return headers;
}

/** A redirect as the browser should follow it: one that stays with us, or names the inner socket, becomes a path. */
export function publicLocation(location: string, ours: PublicOrigin): string {
  if (!URL.canParse(location)) return location.replace(/^[/\\]{2,}/, '/'); // relative already, and to stay so
  const url = new URL(location);
  const isInner = url.protocol === 'unix:' || url.hostname === '' || isOurs(url, ours);
  return isInner ? `${url.pathname}${url.search}${url.hash}`.replace(/^[/\\]*/, '/') : location;
}

// Next composes absolute redirects from the host name and port it was given, and guesses the scheme.
function isOurs(url: URL, ours: PublicOrigin): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return /^https?:$/.test(url.protocol) && url.hostname === ours.hostname && port === ours.port;
}

// `Connection: content-length` must not take the length away from a body: framing is decided here alone.
function setFraming(headers: OutgoingHttpHeaders, incoming: IncomingHttpHeaders): void {
  delete headers['content-length'];
  if (incoming['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  else if (incoming['content-length'] !== undefined) headers['content-length'] = incoming['content-length'];
}

function namedByConnection(headers: IncomingHttpHeaders): Set<string> {
  return new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

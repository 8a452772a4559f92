import type { IncomingHttpHeaders } from 'node:http';
import type { PublicOrigin } from './public-origin.ts';

/** A request that may change something, as far as the rule looks at it. `path` is without its query. */
export type Attempt = { method: string; path: string; headers: IncomingHttpHeaders };

/** Requests that prove themselves otherwise, such as a Bearer token or the launch's own parameters. */
export type Exemption = (attempt: Attempt) => boolean;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Cross-site request forgery ends here: an unsafe method passes only from a page of ours. `Sec-Fetch-Site` decides
 * where the browser sends it (it cannot be set by a script); `Origin` where it does not (plain http off localhost).
 */
export function mayPass(attempt: Attempt, ours: PublicOrigin, exemptions: readonly Exemption[] = []): boolean {
  if (safeMethods.has(attempt.method)) return true;
  if (exemptions.some((exempt) => exempt(attempt))) return true;
  const site = attempt.headers['sec-fetch-site'];
  const { origin } = attempt.headers;
  const isOtherOrigin = origin !== undefined && origin !== 'null' && origin !== ours.origin;
  if (site === undefined) return origin === ours.origin;
  return (site === 'same-origin' || site === 'none') && !isOtherOrigin;
}

/** A WebSocket upgrade carries cookies from any site, so its `Origin` must be ours, to the letter. */
export function isOwnWebSocket(headers: IncomingHttpHeaders, ours: PublicOrigin): boolean {
  return headers.origin === ours.origin;
}

/**
 * A page of another site caused this request. A link there must not make an auditor's browser read evidence: every
 * reading is written down as theirs.
 */
export function isFromElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

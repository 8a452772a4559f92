import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { PublicOrigin } from './public-origin.ts';

/** One per request; 128 bits in base64, the alphabet that Next accepts in a nonce. */
export function newNonce(): string {
  return randomBytes(16).toString('base64');
}

/**
 * The policy of the portal's pages. Next finds the nonce by reading this header on the *request*, and writes it into
 * its script elements; a page that was prerendered at build time has none and therefore does not start.
 */
export function portalPolicy(ours: PublicOrigin, nonce: string, dev: boolean): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ''}`,
    // xterm.js measures and colours its rows through style elements that it makes itself, without a nonce.
    "style-src 'self' 'unsafe-inline'",
    `connect-src 'self' ${ours.webSocketOrigin}`,
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
}

/** For what the gateway itself answers: nothing but the one style element of its small pages. */
export function plainPolicy(nonce: string): string {
  return `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
}

/** On every answer, whoever wrote its body. The policy is `portalPolicy` or `plainPolicy`. */
export function setSecurityHeaders(response: ServerResponse, ours: PublicOrigin, policy: string): void {
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('permissions-policy', permissions);
  // For localhost it would bind every other program of this machine, too.
  if (ours.scheme === 'https' && ours.hostname !== 'localhost')
    response.setHeader('strict-transport-security', 'max-age=31536000');
}

/** Names that only the gateway decides on; what the portal says under them is dropped. */
export const ownResponseHeaders: ReadonlySet<string> = new Set([
  'content-security-policy',
  'content-security-policy-report-only',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
  'strict-transport-security',
]);

// The clipboard stays with us, for sessions whose policy allows it; the rest has no use here.
const permissions = [
  'camera=()',
  'microphone=()',
  'geolocation=()',
  'payment=()',
  'usb=()',
  'serial=()',
  'display-capture=()',
  'clipboard-read=(self)',
  'clipboard-write=(self)',
].join(', ');

import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from './answer.ts';
import type { Client } from './client-address.ts';
import type { PublicOrigin } from './public-origin.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RequestTarget } from './request-target.ts';
import { newNonce, plainPolicy, setSecurityHeaders } from './security-headers.ts';

export type IdentityVisit = {
  request: IncomingMessage;
  response: ServerResponse;
  target: RequestTarget;
  client: Client;
};
/** `false`: it was answered, and goes no further. */
export type IdentityDoor = (visit: IdentityVisit) => boolean;

/**
 * The built-in identity API as the public port shows it. The gateway asks it over a socket of its own, so that whoever
 * comes this way is at most to be turned away with an alarm: so many a minute from one address, before their signatures
 * cost us anything.
 */
export function createIdentityDoor(ours: PublicOrigin, { perMinute = 30 } = {}): IdentityDoor {
  const limit = createRateLimit(perMinute, 60_000);
  return ({ request, response, target, client }) => {
    const seconds = isIdentityAddress(target.path) ? limit.take(client.address) : undefined;
    if (seconds === undefined) return true;
    setSecurityHeaders(response, ours, plainPolicy(newNonce()));
    response.setHeader('retry-after', String(seconds));
    answerJson(request, response, 429, { error: 'limited', message: `Too many calls. Please wait ${seconds} s.` });
    return false;
  };
}

// Wherever it stands in the path and however it is written: the portal decodes what it gets.
function isIdentityAddress(path: string): boolean {
  return /secureaccessgateway/i.test(decodeURIComponent(path));
}

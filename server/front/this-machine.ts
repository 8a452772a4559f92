import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/config.ts';
import type { Client } from './client-address.ts';
import { namesUs, type PublicOrigin } from './public-origin.ts';

/**
 * Whether a request comes from the machine itself and from no proxy on it. A page in a browser there that came under
 * another name is not the machine.
 */
export function isThisMachine(
  ours: PublicOrigin,
  { headers }: Pick<IncomingMessage, 'headers'>,
  client: Client,
): boolean {
  const host = headers.host ?? '';
  const isLocalName = namesUs(host, ours) || /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
  return isLoopback(client.address) && !client.forwarded && isLocalName;
}

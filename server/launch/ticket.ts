import { createHash, randomBytes } from 'node:crypto';

const ticketBytes = 32;
const ticketText = /^[A-Za-z0-9_-]{43}$/;

/** How long a ticket may travel from the page that got it to the WebSocket that shows it. */
export const ticketLifeMs = 30_000;

/** 256 random bits in base64url, 43 characters. Only its hash is ever kept. */
export function newTicket(): string {
  return randomBytes(ticketBytes).toString('base64url');
}

/** What a ticket is looked up by; `undefined` for anything that cannot be one. */
export function hashTicket(ticket: unknown): Buffer | undefined {
  if (typeof ticket !== 'string' || !ticketText.test(ticket)) return undefined;
  return createHash('sha256').update(ticket).digest();
}

import type { Actor } from '../context.ts';
import type { GrantFacts } from '../decide/facts.ts';
import type { ComputerId, CredentialId, SessionId } from '../ids.ts';
import type { Mode } from '../protocol/session-words.ts';

declare const brand: unique symbol;
/** Proof that `redeemTicket` took a valid ticket from its owner a moment ago. No bridge opens without one. */
export type AuthorizedConnection = {
  readonly [brand]: true;
  readonly sessionId: SessionId;
  readonly actor: Actor;
  readonly computer: { readonly id: ComputerId; readonly name: string };
  readonly mode: Mode;
  readonly server: string;
  readonly port: number;
  readonly credentialId: CredentialId;
  readonly grant: GrantFacts;
};

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
  /** `null`: kept by an identity API elsewhere. */
  readonly credentialId: CredentialId | null;
  readonly grant: GrantFacts;
  /** What the person had agreed to, and the check-out that the credential came by: evidence for the recording. */
  readonly terms: { readonly version: number; readonly sha256: string } | null;
  readonly checkOutId: string | null;
};

/**
 * Proof that somebody may look at a session that runs. Minted by `redeemTicket` as well, for one browser, and by
 * `authorizePicture` for one picture.
 */
export type AuthorizedView = {
  readonly [brand]: true;
  readonly sessionId: SessionId;
  /** Who looks. */
  readonly actor: Actor;
  /** The person of the session is told. */
  readonly isTold: boolean;
};

/** Proof that somebody may come back to their session that runs. Minted by `redeemTicket` as well, for one browser. */
export type AuthorizedAttachment = {
  readonly [brand]: true;
  readonly sessionId: SessionId;
  readonly actor: Actor;
};

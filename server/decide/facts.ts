import type {
  ComputerGuid,
  ComputerId,
  CredentialId,
  GrantId,
  LoginSessionId,
  PersonId,
  PolicyId,
  SessionId,
} from '../ids.ts';
import type { MasterPasswordRule, Mode, RecordingRule, Role, SessionState } from '../protocol/session-words.ts';

/** What `decide` looks at. Everything is read fresh from the database by the caller; nothing here is a claim of a client. */
export type PersonFacts = { id: PersonId; roles: readonly Role[]; disabledAt: Date | null };

export type LoginFacts = { id: LoginSessionId; expiresAt: Date; revokedAt: Date | null };

export type Who = { person: PersonFacts; login: LoginFacts };

export type PolicyFacts = {
  id: PolicyId;
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  /** The person may approve the host key that a computer shows at first use. */
  trustFirstHostKey: boolean;
  /** How often the person proves their master password before a session. */
  masterPassword: MasterPasswordRule;
};

export type GrantFacts = {
  id: GrantId;
  startsAt: Date | null;
  endsAt: Date | null;
  revokedAt: Date | null;
  policy: PolicyFacts;
};

export type ComputerFacts = {
  id: ComputerId;
  guid: ComputerGuid;
  mode: Mode;
  disabledAt: Date | null;
  sharedCredentialId: CredentialId | null;
};

/** What a person has on a computer: all grants that name them or a group of theirs, whether in force or not. */
export type AccessFacts = { computer: ComputerFacts; grants: readonly GrantFacts[] };

export type SessionFacts = { id: SessionId; personId: PersonId; loginSessionId: LoginSessionId; state: SessionState };

export type TicketFacts = {
  sessionId: SessionId;
  loginSessionId: LoginSessionId;
  expiresAt: Date;
  redeemedAt: Date | null;
};

/**
 * Which credential somebody wants to work with: the computer's own, one by its id (`ownerId` of a personal one), or one
 * that an identity API elsewhere keeps and answers for. `null`: one that was chosen and is there no more.
 */
export type CredentialChoice =
  | { kind: 'of-computer' }
  | { kind: 'chosen'; credential: { id: CredentialId; ownerId: PersonId | null } | null }
  | { kind: 'elsewhere' };

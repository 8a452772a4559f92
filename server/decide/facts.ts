import type {
  AccessLevelId,
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
  /** The person may work with credentials of their own. */
  allowPersonal: boolean;
  /** While somebody works with a credential under this policy, nobody else gets it. */
  exclusiveCheckOut: boolean;
  /** How long a session waits for a browser that went away; 0: not at all. */
  graceSeconds: number;
  /** A session ends after so long without a key; `null`: never for that. */
  idleTimeoutMinutes: number | null;
  /** `null`: as long as the right lasts. */
  maxDurationMinutes: number | null;
  /** Auditors may look at sessions that run. */
  allowSnooping: boolean;
  /** The person is told who looks. */
  tellWatched: boolean;
};

/** `accessLevel: null` is the standard level. */
export type GrantFacts = {
  id: GrantId;
  accessLevel: { id: AccessLevelId; name: string } | null;
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

/** A shared credential that a computer has, as its use there by one person is judged. */
export type SharedCredentialFacts = {
  id: CredentialId;
  /** The level it is for; `null` is the standard one. */
  accessLevelId: AccessLevelId | null;
  /** The credential whose secret it signs in with, if not its own. */
  referenceId: CredentialId | null;
  /** Its secret waits at an address of this computer until somebody confirms it. */
  isSuspended: boolean;
  /** How other people work with it at this moment. */
  inUse: 'no' | 'shared' | 'exclusive';
};

/** What a running session stands on: all grants that name its person or a group of theirs, whether in force or not. */
export type GrantedAccess = { computer: ComputerFacts; grants: readonly GrantFacts[] };

/** What a person has on a computer; the strictest grants come first. */
export type AccessFacts = GrantedAccess & { credentials: readonly SharedCredentialFacts[] };

/** `loginSessionId: null`: it was opened by a program with a token. */
export type SessionFacts = {
  id: SessionId;
  personId: PersonId;
  loginSessionId: LoginSessionId | null;
  state: SessionState;
};

export type TicketFacts = {
  sessionId: SessionId;
  loginSessionId: LoginSessionId;
  expiresAt: Date;
  redeemedAt: Date | null;
};

/** A ticket to look: for this person alone. */
export type WatchTicketFacts = TicketFacts & { viewerId: PersonId | null };

/** A credential that somebody picked, with whose it is, and whose the one is that it takes its secret from. */
export type PickedCredential = {
  id: CredentialId;
  ownerId: PersonId | null;
  reference: { id: CredentialId; ownerId: PersonId | null } | null;
};

/**
 * Which credential somebody wants to work with: the computer's own, one that they picked, or one that an identity API
 * elsewhere keeps and answers for. `null`: one that was picked and is there no more.
 */
export type CredentialChoice =
  | { kind: 'of-computer' }
  | { kind: 'chosen'; credential: PickedCredential | null }
  | { kind: 'elsewhere' };

/** Which of several rights: this very grant, or the first under this policy (and at this level, where one is named). */
export type RightChoice = { grantId: GrantId } | { policyId: PolicyId; accessLevelId?: AccessLevelId | null };

/** The closed sets that the database, the gateway and the screens share. */
export const modes = ['SSH', 'RDP', 'Telnet'] as const;
export type Mode = (typeof modes)[number];

export const sessionModes = [...modes, 'AWS'] as const;
/** How a session works: at a computer in one of its modes, or by calls to AWS with a record's keys. */
export type SessionMode = (typeof sessionModes)[number];

export const roles = ['user', 'approver', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

export const recordingRules = ['required', 'best_effort', 'off'] as const;
/** `required`: no recorder, no session. `best_effort`: the session goes on, the loss is told and audited. */
export type RecordingRule = (typeof recordingRules)[number];

export const masterPasswordRules = ['each_time', 'browser_session'] as const;
/** How often a person proves who they are before a session: at each, or once until the browser is closed (Unlock). */
export type MasterPasswordRule = (typeof masterPasswordRules)[number];

export const signInKinds = ['password', 'ssh_key'] as const;
/** What signs somebody in to a computer. */
export type SignInKind = (typeof signInKinds)[number];

export const recordKinds = [...signInKinds, 'aws_access_key'] as const;
/** What kind of secret the credentials of a record type have. */
export type RecordKind = (typeof recordKinds)[number];

export const fieldTypes = ['text', 'number', 'boolean', 'date', 'url'] as const;
/** What the values of a field that a record type adds are: `date` is YYYY-MM-DD. */
export type FieldType = (typeof fieldTypes)[number];

export const credentialKinds = ['shared', 'personal', 'external'] as const;
/** Whose credential a session is opened with; `external`: one that an identity API elsewhere keeps. */
export type CredentialKind = (typeof credentialKinds)[number];

export const sessionStates = ['requested', 'opening', 'active', 'ended'] as const;
/** requested (by the shop) → opening (a ticket was redeemed) → active (the host answered) → ended. */
export type SessionState = (typeof sessionStates)[number];

export const endReasons = [
  'closed',
  'left',
  'exited',
  'disconnected',
  'revoked',
  'terminated',
  'idle',
  'time_limit',
  'grant_ended',
  'signed_out',
  'unreachable',
  'refused_target',
  'sign_in_refused',
  'host_key_changed',
  'host_key_refused',
  'no_common_algorithm',
  'credential_unavailable',
  'recorder_failed',
  'abandoned',
  'crashed',
  'stopped',
  'failed',
] as const;
export type EndReason = (typeof endReasons)[number];

const endSentences: Record<EndReason, string> = {
  closed: 'You ended this session.',
  left: 'The browser left this session, so it was closed.',
  exited: 'The shell on the computer ended.',
  disconnected: 'The computer closed the connection.',
  revoked: 'Your access was revoked. Please ask an administrator if you still need it.',
  terminated: 'An administrator ended this session.',
  idle: 'Nothing was typed for as long as the policy allows, so this session was closed.',
  time_limit: 'This session lasted as long as its policy allows, so it was closed.',
  grant_ended: 'The time of your access is over, so this session was closed. An administrator can renew it.',
  signed_out: 'You signed out, so this session was closed.',
  unreachable: 'The computer does not answer. Check that it is switched on and reachable from the gateway.',
  refused_target:
    'The gateway may not connect to this address. An administrator can allow it by name in ALLOW_TARGETS.',
  sign_in_refused: 'The computer refused the stored credential. An administrator should check it.',
  host_key_changed:
    'The computer shows another host key than the one pinned. Nothing was sent to it. An administrator must approve the new key if the change was intended.',
  host_key_refused: 'The host key of this computer was not approved, so nothing was sent to it.',
  no_common_algorithm: 'The computer offers only algorithms that are no longer safe.',
  credential_unavailable: 'The stored credential could not be opened. An administrator should enter it again.',
  recorder_failed:
    'The recording could not be written, so the session was closed. An administrator should check the disk.',
  abandoned: 'The session was requested but never opened.',
  crashed: 'The gateway stopped unexpectedly. The recording was kept up to that moment.',
  stopped: 'The gateway was stopped by its administrator.',
  failed: 'The session failed for an unexpected reason. The gateway log has the details.',
};

/** Why a session ended, as its user, the desk and the auditor read it. */
export function endSentence(reason: EndReason): string {
  return endSentences[reason];
}

/** What recordings are looked for in the list of sessions. */
export const recordingFilters = ['unplayable', 'held', 'kept', 'deleted'] as const;
export type RecordingFilter = (typeof recordingFilters)[number];

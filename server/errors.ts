/**
 * The closed set of expected refusals. A use case answers one of these instead of throwing; each edge maps a code once
 * to an HTTP status (`httpStatusOf`), a WebSocket close code or a sentence (`sentenceOf`).
 */
export type ErrorCode =
  | 'not_signed_in'
  | 'sign_in_failed'
  | 'too_many_attempts'
  | 'forbidden'
  | 'not_found'
  | 'invalid_input'
  | 'conflict'
  | 'person_disabled'
  | 'signed_out'
  | 'no_grant'
  | 'grant_not_started'
  | 'grant_ended'
  | 'grant_revoked'
  | 'right_changed'
  | 'computer_disabled'
  | 'no_credential'
  | 'credential_suspended'
  | 'checked_out'
  | 'reference_not_allowed'
  | 'personal_not_allowed'
  | 'own_recording'
  | 'own_hold'
  | 'second_person'
  | 'session_ended'
  | 'not_running'
  | 'not_watchable'
  | 'ticket_invalid'
  | 'invalid_master_password'
  | 'no_master_password'
  | 'locked'
  | 'master_password_link_invalid'
  | 'terms_not_accepted'
  | 'terms_changed'
  | 'no_credentials'
  | 'not_your_credential'
  | 'no_shared_credentials'
  | 'missing_parameters'
  | 'invalid_parameters'
  | 'access_expired'
  | 'launch_too_large'
  | 'identity_refused'
  | 'set_up_link_invalid'
  | 'recording_unavailable'
  | 'token_ended'
  | 'token_scope'
  | 'token_network'
  | 'token_record'
  | 'aws_off'
  | 'record_disabled'
  | 'operation_denied'
  | 'resource_denied'
  | 'operation_unnamed'
  | 'gives_credentials'
  | 'repeated_call'
  | 'recording_deleted'
  | 'disk_full'
  | 'draining'
  | 'unavailable';

export type Refusal = { ok: false; code: ErrorCode; params?: Record<string, string | number> };
export type Outcome<T> = { ok: true; value: T } | Refusal;

export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function refuse(code: ErrorCode, params?: Record<string, string | number>): Refusal {
  return params ? { ok: false, code, params } : { ok: false, code };
}

/** What nobody expected: a broken invariant. Carries the cause; never shown to a person as it is. */
export class Unexpected extends Error {
  override name = 'Unexpected';
}

const statuses: Record<ErrorCode, number> = {
  not_signed_in: 401,
  sign_in_failed: 401,
  too_many_attempts: 429,
  forbidden: 403,
  not_found: 404,
  invalid_input: 400,
  conflict: 409,
  person_disabled: 403,
  signed_out: 401,
  no_grant: 403,
  grant_not_started: 403,
  grant_ended: 403,
  grant_revoked: 403,
  right_changed: 409,
  computer_disabled: 403,
  no_credential: 409,
  credential_suspended: 403,
  checked_out: 409,
  reference_not_allowed: 403,
  personal_not_allowed: 403,
  own_recording: 403,
  own_hold: 403,
  second_person: 403,
  session_ended: 410,
  not_running: 410,
  not_watchable: 403,
  ticket_invalid: 401,
  invalid_master_password: 401,
  no_master_password: 409,
  locked: 401,
  master_password_link_invalid: 410,
  terms_not_accepted: 403,
  terms_changed: 409,
  no_credentials: 409,
  not_your_credential: 403,
  no_shared_credentials: 409,
  missing_parameters: 400,
  invalid_parameters: 400,
  access_expired: 401,
  launch_too_large: 413,
  identity_refused: 502,
  set_up_link_invalid: 410,
  recording_unavailable: 404,
  token_ended: 401,
  token_scope: 403,
  token_network: 403,
  token_record: 403,
  aws_off: 403,
  record_disabled: 403,
  operation_denied: 403,
  resource_denied: 403,
  operation_unnamed: 403,
  gives_credentials: 403,
  repeated_call: 403,
  recording_deleted: 410,
  disk_full: 503,
  draining: 503,
  unavailable: 503,
};

export function httpStatusOf(code: ErrorCode): number {
  return statuses[code];
}

const sentences: Record<ErrorCode, string> = {
  not_signed_in: 'Please sign in first.',
  sign_in_failed: 'This email and password do not match an account that may sign in.',
  too_many_attempts: 'Too many attempts. Please wait {seconds} s and try again.',
  forbidden: 'Your role does not allow this. An administrator can change it.',
  not_found: 'This does not exist, or you may not see it.',
  invalid_input: '{problem}',
  conflict: '{problem}',
  person_disabled: 'Your account is disabled. Please ask an administrator.',
  signed_out: 'You are signed out. Please sign in again.',
  no_grant: 'You have no grant for this computer. Please ask an administrator for one.',
  grant_not_started: 'Your access starts later. Please come back then.',
  grant_ended: 'Your access has ended. Please ask an administrator to renew it.',
  grant_revoked: 'Your access was revoked.',
  right_changed: 'The rules for this computer were changed in the meantime. Load the shop again and look at them.',
  computer_disabled: 'This computer is switched off for sessions by an administrator.',
  no_credential: 'No shared credential is stored for this computer. An administrator can add one.',
  credential_suspended:
    'The secret for this computer waits until an administrator has confirmed where it may go. Please ask one.',
  checked_out: 'Somebody else works with this credential, and it is for one person at a time. Please try again later.',
  reference_not_allowed:
    'This credential takes its secret from another one that you may not use here. Please ask an administrator.',
  personal_not_allowed: 'The policy of your access does not allow credentials of your own.',
  own_recording: 'Nobody may review their own session. Another auditor can.',
  own_hold: 'Nobody may free the recording of their own session for deletion. Somebody else can.',
  second_person: 'You asked for this yourself. A second auditor or administrator has to agree.',
  not_running: 'This session does not run at the moment, so there is nothing to see.',
  not_watchable: 'The policy of this session, or whoever gave its credential, does not let anybody watch it.',
  session_ended: 'This session has ended. Start again from the shop.',
  ticket_invalid: 'Access expired, start again from the shop.',
  invalid_master_password: 'This is not your master password.',
  no_master_password: 'You have no master password yet. Set one in your profile first.',
  locked: 'Your credentials are locked. Enter your master password.',
  master_password_link_invalid:
    'This link was used, has expired, or is meant for somebody else. Ask an administrator for a new one.',
  terms_not_accepted: 'Please read and accept the terms first.',
  terms_changed: 'The terms were changed in the meantime. Please read them again.',
  no_credentials: 'No shared or personal credentials are available.',
  not_your_credential: "Invalid Credential. You cannot use someone else's personal credential.",
  no_shared_credentials: 'None of the shared credentials are available.',
  missing_parameters: 'Missing request parameters.',
  invalid_parameters: 'Invalid request parameters.',
  access_expired: 'Access expired, start again from the shop.',
  launch_too_large: 'This launch is larger than any real one.',
  identity_refused: '{problem}',
  set_up_link_invalid: 'This set-up link was used or has expired. Restart Sallyport to get a new one.',
  recording_unavailable: 'This session has no recording.',
  token_ended: 'This API token was revoked or has expired.',
  token_scope: 'This API token is not for AWS.',
  token_network: 'This API token may not be used from this address.',
  token_record: 'This API token is not for this record.',
  aws_off: 'The AWS proxy is turned off.',
  record_disabled: 'This record, or its record type, is switched off by an administrator.',
  operation_denied: 'The policy of your access does not allow this operation.',
  resource_denied: 'The policy of your access does not allow this operation on this resource.',
  operation_unnamed: 'This operation is not known by name, and the policy of your access allows only those that are.',
  gives_credentials:
    'The answer of this operation would carry credentials, and the policy of your access keeps them here.',
  repeated_call: 'This request was seen before, and the policy of your access does not allow it twice.',
  recording_deleted: 'The recording of this session was deleted. What proves that it was stands on its page.',
  disk_full:
    'This session must be recorded, and the disk of the recordings has too little free space. Please tell an administrator, who can make room there or let less be left free in the settings.',
  draining: 'Sallyport is about to be taken down for maintenance and opens no new sessions. Please try again later.',
  unavailable: 'This is not available right now. Please try again in a moment.',
};

/** The one English sentence for a refusal, with its parameters filled in. */
export function sentenceOf(refusal: Refusal): string {
  return sentences[refusal.code].replace(/\{(\w+)\}/g, (_, name: string) => String(refusal.params?.[name] ?? ''));
}

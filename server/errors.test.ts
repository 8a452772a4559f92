// Contract: every refusal reads as a sentence for a person, with nothing of it left unfilled, and maps to an HTTP status
// that says the same.
import { describe, expect, it } from 'vitest';
import { type ErrorCode, httpStatusOf, ok, refuse, sentenceOf, Unexpected } from './errors.ts';

const statuses: Record<ErrorCode, number> = {
  not_signed_in: 401,
  sign_in_failed: 401,
  signed_out: 401,
  ticket_invalid: 401,
  invalid_master_password: 401,
  locked: 401,
  forbidden: 403,
  person_disabled: 403,
  no_grant: 403,
  grant_not_started: 403,
  grant_ended: 403,
  grant_revoked: 403,
  computer_disabled: 403,
  own_recording: 403,
  own_hold: 403,
  second_person: 403,
  terms_not_accepted: 403,
  not_your_credential: 403,
  credential_suspended: 403,
  reference_not_allowed: 403,
  personal_not_allowed: 403,
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
  not_found: 404,
  recording_unavailable: 404,
  recording_deleted: 410,
  disk_full: 503,
  invalid_input: 400,
  missing_parameters: 400,
  invalid_parameters: 400,
  conflict: 409,
  right_changed: 409,
  checked_out: 409,
  no_credential: 409,
  no_credentials: 409,
  no_shared_credentials: 409,
  terms_changed: 409,
  no_master_password: 409,
  session_ended: 410,
  not_running: 410,
  not_watchable: 403,
  set_up_link_invalid: 410,
  master_password_link_invalid: 410,
  too_many_attempts: 429,
  launch_too_large: 413,
  identity_refused: 502,
  access_expired: 401,
  draining: 503,
  unavailable: 503,
};
const params = { problem: 'Enter a name.', seconds: 4 };

describe('a refusal', () => {
  it.each(Object.entries(statuses) as [ErrorCode, number][])('%s has status %i and a sentence', (code, status) => {
    expect(httpStatusOf(code)).toBe(status);
    expect(sentenceOf(refuse(code, params))).toMatch(/^[A-Z][^{}]*\.$/);
  });

  it('fills its parameters in, as text and once', () => {
    expect(sentenceOf(refuse('too_many_attempts', { seconds: 4 }))).toContain('wait 4 s');
    expect(sentenceOf(refuse('conflict', { problem: 'Not $& {problem} again.' }))).toBe('Not $& {problem} again.');
    expect(sentenceOf(refuse('invalid_input'))).toBe('');
  });

  it('carries parameters only when there are some', () => {
    expect(refuse('forbidden')).toEqual({ ok: false, code: 'forbidden' });
    expect(ok(1)).toEqual({ ok: true, value: 1 });
  });
});

it('keeps the cause of what nobody expected', () => {
  const cause = new Error('why');
  expect(new Unexpected('broken', { cause })).toMatchObject({ name: 'Unexpected', cause });
});

/**
 * Contract: whatever an identity API says, it is read as one of a few refusals or as a credential. A refusal is told by
 * its code where there is one, else by status and `WWW-Authenticate` as RFC 6750 has it; what it says for people is kept
 * short. An answer may leave out or null what it does not know, and may have more than we know; what would harm whoever
 * shows it, or could not be used, is no answer.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CredentialAnswerSchema,
  EndSessionBodySchema,
  GetCredentialBodySchema,
  identityErrors,
  type RefusalHeaders,
  readRefusal,
} from './contract.ts';

const bearer = (parameters: string) => ({ wwwAuthenticate: `Bearer ${parameters}` });

describe('a refusal', () => {
  test.each<[string, number, RefusalHeaders, unknown, string]>([
    ['a code', 401, {}, { error: 'invalid_master_password' }, 'invalid_master_password'],
    ['a code in an object', 401, {}, { error: { code: 'invalid_master_password' } }, 'invalid_master_password'],
    ['a code that says the token is old', 401, {}, { error: 'access_token_expired' }, 'access_token_expired'],
    [
      'a code against its header',
      401,
      bearer('error="invalid_token"'),
      { error: 'invalid_master_password' },
      'invalid_master_password',
    ],
    ['a bare 401', 401, {}, undefined, 'invalid_master_password'],
    ['a 401 with words that are no code', 401, {}, 'Unauthorized', 'invalid_master_password'],
    ['an old token by its header', 401, bearer('error="invalid_token"'), undefined, 'access_token_expired'],
    ['the header without quotes', 401, bearer('realm=x, error=invalid_token'), {}, 'access_token_expired'],
    [
      'the header in other letters',
      401,
      { wwwAuthenticate: 'BEARER Error="INVALID_TOKEN"' },
      {},
      'access_token_expired',
    ],
    [
      'a header of another scheme',
      401,
      { wwwAuthenticate: 'Basic error="invalid_token"' },
      {},
      'invalid_master_password',
    ],
    ['another error of the scheme', 401, bearer('error="insufficient_scope"'), {}, 'invalid_master_password'],
    ['a code that nobody knows', 401, {}, { error: 'gateway_only' }, 'unusable'],
    ['a policy', 403, {}, {}, 'policy'],
    ['a check-out', 409, {}, {}, 'checked_out'],
    ['too many', 429, {}, {}, 'limited'],
    ['a breakdown', 500, {}, { error: 'invalid_master_password' }, 'unusable'],
    ['a redirect', 302, {}, {}, 'unusable'],
    ['what is not found', 404, {}, {}, 'unusable'],
  ])('by %s', (_, status, headers, body, error) => {
    expect(readRefusal(status, headers, body).error).toBe(error);
  });

  test('keeps what it says for people, wherever it says it, and not more of it than fits', () => {
    expect(readRefusal(403, {}, { message: 'Not on Sundays.' })).toEqual({
      error: 'policy',
      message: 'Not on Sundays.',
    });
    const nested = { error: { code: 'x', message: 'Inner.' }, message: 'Outer.' };
    expect(readRefusal(403, {}, nested)).toEqual({ error: 'policy', message: 'Inner.' });
    expect(readRefusal(403, {}, { message: 'x'.repeat(10_000) }).message).toHaveLength(500);
    expect(readRefusal(403, {}, { message: 7 })).toEqual({ error: 'policy' });
  });

  test.each([
    ['7', 7],
    ['0', 0],
    ['99999', 99_999],
    ['100000', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['', undefined],
  ])('with Retry-After %j waits %j s', (retryAfter, seconds) => {
    expect(readRefusal(429, { retryAfter }, {}).retryAfterSeconds).toBe(seconds);
  });

  test('of any shape is one of the known ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.option(fc.string()), fc.anything(), (status, header, body) => {
        const read = readRefusal(status, { wwwAuthenticate: header ?? undefined }, body);
        expect(identityErrors).toContain(read.error);
        expect(read.message?.length ?? 0).toBeLessThanOrEqual(500);
      }),
    );
  });
});

const least = { UserName: 'operator', Password: 'secret', Server: 'db1.example' };

describe('a credential', () => {
  test('may leave out, null and add what is not needed', () => {
    expect(CredentialAnswerSchema.parse(least)).toEqual(least);
    const nulls = { IsPasswordSSHKey: null, Notes: null, Server2: null, ManagementPort: null, RecordPSMSession: null };
    expect(CredentialAnswerSchema.safeParse({ ...least, ...nulls, Version: 3 }).success).toBe(true);
  });

  test.each([
    [3389, 3389],
    ['3389', 3389],
    [0, 0],
    [65_535, 65_535],
  ])('may name its port as %j', (ManagementPort, port) => {
    expect(CredentialAnswerSchema.parse({ ...least, ManagementPort }).ManagementPort).toBe(port);
  });

  test.each<[string, object]>([
    ['no account', { UserName: '' }],
    ['an account that moves the cursor', { UserName: 'a\u001b[2J' }],
    ['an account of two lines', { UserName: 'a\nb' }],
    ['an account without an end', { UserName: 'x'.repeat(513) }],
    ['no password', { Password: '' }],
    ['a password that is a number', { Password: 7 }],
    ['no server', { Server: '' }],
    ['a server that is a list', { Server: ['db1.example'] }],
    ['a port that does not exist', { ManagementPort: 65_536 }],
    ['half a port', { ManagementPort: 22.5 }],
    ['a flag that is a word', { RecordPSMSession: 'yes' }],
    ['notes without an end', { Notes: 'x'.repeat(8193) }],
  ])('with %s is none', (_, change) => {
    expect(CredentialAnswerSchema.safeParse({ ...least, ...change }).success).toBe(false);
  });
});

describe('the bodies of the two calls', () => {
  const session = '0190b6a0-0000-7000-8000-000000000001';
  const asked = { computer: 2331, credential: 'c', password: 'p', mode: 'SSH', session, loginsessionid: 'l' };

  test('take the id of a computer as a number or as text', () => {
    expect(GetCredentialBodySchema.parse(asked).computer).toBe('2331');
    expect(GetCredentialBodySchema.parse({ ...asked, computer: '2331' }).computer).toBe('2331');
  });

  test('need a session, and take nothing that has no end', () => {
    expect(GetCredentialBodySchema.safeParse({ ...asked, session: 'x' }).success).toBe(false);
    expect(GetCredentialBodySchema.safeParse({ ...asked, password: 'x'.repeat(5000) }).success).toBe(false);
    expect(GetCredentialBodySchema.safeParse(null).success).toBe(false);
  });

  test('say of an end when it began, if it ever did', () => {
    const { password: _, ...about } = asked;
    const ended = { ...about, checkout: 'x', startedAt: null, endedAt: '2026-03-01T12:00:00Z', reason: 'closed' };
    expect(EndSessionBodySchema.safeParse(ended).success).toBe(true);
    expect(EndSessionBodySchema.safeParse({ ...ended, endedAt: null }).success).toBe(false);
    expect(EndSessionBodySchema.safeParse({ ...ended, startedAt: undefined }).success).toBe(false);
  });
});

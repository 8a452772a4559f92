/**
 * Contract: the facts of a session are shown as the database keeps them, in UTC while nobody knows the reader's clock:
 * who, what, when, under which policy and terms, with whose credential, and why it ended, once and not twice.
 */
import { describe, expect, test } from 'vitest';
import { element, markupOf } from '#app/testing/markup.ts';
import type { SessionDetail } from '#server/portal.ts';
import { endReasons, endSentence } from '#server/protocol/session-words.ts';
import { SessionFacts } from './session-facts.tsx';

const policy = {
  policyId: '0190b6a0-0000-7000-8000-000000000004',
  name: 'Strict',
  recording: 'required',
  recordInput: false,
  allowCopy: false,
  allowPaste: false,
  trustFirstHostKey: false,
  masterPassword: 'each_time',
} as const;
const usual = {
  person: { id: 'p', name: 'Ada <i>Lovelace</i>', email: 'ada@example.org' },
  computer: { id: 7, name: 'Orders database' },
  target: 'Orders database',
  token: null,
  mode: 'SSH',
  policy,
  termsVersion: null,
  termsSha256: null,
  apiUrl: null,
  credentialKind: 'shared',
  requestedAt: new Date('2026-03-01T12:00:00Z'),
  openedAt: new Date('2026-03-01T12:00:05Z'),
  endedAt: new Date('2026-03-01T13:30:06Z'),
  bytesOut: 1_400_000,
  bytesIn: 12,
  exitStatus: null,
  endReason: 'closed',
  endDetail: null,
} as Partial<SessionDetail>;
const now = new Date('2026-03-01T14:00:00Z');
const facts = (change: object = {}) =>
  markupOf(element(SessionFacts, { session: { ...usual, ...change } as SessionDetail, now }));

describe('who, what and when', () => {
  test('of calls to AWS, in words of calls', () => {
    const ofCalls = {
      computer: null,
      target: 'prod <b>',
      mode: 'AWS',
      token: { id: 't', name: 'ci' },
      endReason: 'idle',
    };
    const { text, html } = facts(ofCalls);
    expect(text).toContain('Record prod <b> AWS API token ci');
    expect(text).toContain('1.4 MB received 12 B sent');
    expect(text).toContain('No call was made for a while.');
    expect(text).not.toMatch(/typed|shown|Recording|Computer/);
    expect(html).not.toContain('<b>');
  });

  test('as text, whatever the names are', () => {
    const { text, html } = facts();
    expect(text).toContain('Person Ada <i>Lovelace</i> ada@example.org');
    expect(text).toContain('Computer Orders database SSH');
    expect(html).not.toContain('<i>');
  });

  test('in UTC, to the second', () => {
    const { text } = facts();
    expect(text).toContain('Requested 2026-03-01 12:00:00 UTC');
    expect(text).toContain('Opened 2026-03-01 12:00:05 UTC');
    expect(text).toContain('Ended 2026-03-01 13:30:06 UTC');
  });

  test('how much went either way', () => {
    expect(facts().text).toContain('Traffic 1.4 MB shown 12 B typed');
  });

  test('that it was never opened, and that it has not ended', () => {
    const { text } = facts({ openedAt: null, endedAt: null, endReason: null });
    expect(text).toContain('Duration Never opened');
    expect(text).toContain('Opened –');
    expect(text).toContain('Ended –');
    expect(text).not.toContain('Why it ended');
  });
});

describe('under what', () => {
  test.each([
    [{}, 'Recording required. No copy, no paste.'],
    [{ allowCopy: true }, 'Recording required. May copy.'],
    [{ allowCopy: true, allowPaste: true, recording: 'off' }, 'Not recorded. May copy and paste.'],
    [{ recording: 'best_effort' }, 'Recorded if possible. No copy, no paste.'],
  ])('a policy with %j says so', (change, words) => {
    expect(facts({ policy: { ...policy, ...change } }).text).toContain(`Policy Strict ${words}`);
  });

  test('terms that were agreed to, by version and hash', () => {
    const sha256 = 'ab'.repeat(32);
    expect(facts({ termsVersion: 3, termsSha256: sha256 }).text).toContain(`Terms Version 3 SHA-256 ${sha256}`);
    expect(facts().text).not.toContain('Terms');
  });

  test.each([
    ['shared', 'Shared'],
    ['personal', 'Their own'],
    ['external', 'Of another identity system'],
  ])('a %s credential, and who keeps it', (credentialKind, words) => {
    const { text } = facts({ credentialKind, apiUrl: 'https://api.example' });
    expect(text).toContain(`Credential ${words} https://api.example`);
  });
});

describe('why it ended', () => {
  test.each(endReasons)('%s has its sentence', (endReason) => {
    expect(facts({ endReason }).text).toContain(`Why it ended ${endSentence(endReason)}`);
  });

  test('and what more there is to say, once', () => {
    const detail = '10.0.0.7 port 22 did not answer in time.';
    expect(facts({ endReason: 'unreachable', endDetail: detail }).text).toContain(detail);
    const again = facts({ endReason: 'closed', endDetail: endSentence('closed') }).text;
    expect(again.split(endSentence('closed'))).toHaveLength(2);
  });

  test('an exit status is shown, also the one that means success', () => {
    expect(facts({ exitStatus: 0 }).text).toContain('Exit status 0');
    expect(facts({ exitStatus: 137 }).text).toContain('Exit status 137');
    expect(facts().text).not.toContain('Exit status');
  });
});

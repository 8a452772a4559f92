/**
 * Contract: the page of a session shows every attempt to tell its identity system of the end, whether it was heard, and
 * what it answered; and to whom it may, the way to send it again.
 */
import { describe, expect, test } from 'vitest';
import { element, markupOf } from '#app/testing/markup.ts';
import type { EndSessionDelivery } from '#server/portal.ts';
import { DeliverySection } from './delivery-section.tsx';

const at = new Date('2026-03-01T12:00:00Z');
const usual: EndSessionDelivery = {
  state: 'waiting',
  dueAt: new Date('2026-03-01T12:05:00Z'),
  giveUpAt: new Date('2026-03-02T12:00:00Z'),
  finishedAt: null,
  tries: [],
  maySendAgain: false,
  isForgotten: false,
};
const section = (change: Partial<EndSessionDelivery> = {}) =>
  markupOf(
    element(DeliverySection, {
      sessionId: '0190b6a0-0000-7000-8000-000000000001',
      apiUrl: 'https://api.example',
      delivery: { ...usual, ...change },
    }),
  );

describe('the state', () => {
  test.each([
    ['waiting', 'Being told'],
    ['done', 'Told'],
    ['failed', 'Given up'],
  ] as const)('%s is said as %j', (state, words) => {
    expect(section({ state }).text).toContain(`End told to the identity system ${words}`);
  });

  test('says when the next attempt is, while there is one', () => {
    expect(section().text).toContain('Next attempt 2026-03-01 12:05');
    expect(section({ state: 'done' }).text).not.toContain('Next attempt');
    expect(section({ state: 'failed' }).text).not.toContain('Next attempt');
  });

  test('says what to do once what had to be said is gone', () => {
    expect(section({ state: 'failed', isForgotten: true }).text).toContain('end the check-out over there by hand');
    expect(section({ state: 'failed' }).text).not.toContain('by hand');
  });
});

describe('the attempts', () => {
  const attempt = { n: 1, at, outcome: 'refused', status: 503, detail: null } as const;

  test.each([
    [{ ...attempt, outcome: 'done', status: 200 }, 'Accepted (200)'],
    [attempt, 'Refused (503)'],
    [{ ...attempt, outcome: 'unreachable', status: null }, 'Not reached'],
    [{ ...attempt, outcome: 'started', status: null }, 'Sent; no answer was seen'],
  ] as const)('are told in words: %#', (tried, words) => {
    const { text, tags } = section({ tries: [tried] });
    expect(text).toContain(`2026-03-01 12:00:00 UTC ${words}`);
    expect(tags('li')).toHaveLength(1);
  });

  test('have what the other side had to say, as text', () => {
    const { text, html } = section({ tries: [{ ...attempt, detail: 'No <script>alert(1)</script>.' }] });
    expect(text).toContain('No <script>alert(1)</script>.');
    expect(html).not.toContain('<script');
  });
});

test('it can be sent again by whoever may', () => {
  expect(section({ maySendAgain: true }).text).toContain('Send again');
  expect(section().text).not.toContain('Send again');
});

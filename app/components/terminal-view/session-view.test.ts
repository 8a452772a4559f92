// Contract: what the screen around the terminal shows follows from what the gateway said, in order; the first ending is
// the last word, and every end reason has a sentence and a next step.
import { expect, test } from 'vitest';
import { endReasons, endSentence } from '#server/protocol/session-words.ts';
import type { ServerControl } from '#server/protocol/terminal-frames.ts';
import { nextStepAfter, nextView, type SessionEvent, type SessionView, startingView } from './session-view.ts';

const said = (control: ServerControl, atMs = 0): SessionEvent => ({ type: 'control', control, atMs });
const after = (...events: SessionEvent[]): SessionView => events.reduce(nextView, startingView);

const opened: ServerControl = {
  type: 'opened',
  computer: 'web-1',
  account: 'deploy',
  recorded: true,
  allowCopy: false,
  allowPaste: true,
  graceSeconds: 60,
};
const question: ServerControl = { type: 'host-key', host: 'h:22', keyType: 'ssh-ed25519', fingerprint: 'SHA256:x' };

test('steps are shown until the session is open', () => {
  expect(after().step).toBe('ticket');
  expect(after(said({ type: 'progress', step: 'connecting' })).step).toBe('connecting');
  expect(after(said(opened, 5)).opened).toMatchObject({ computer: 'web-1', atMs: 5 });
});

test('a host key is asked about until it is answered', () => {
  expect(after(said(question)).question).toMatchObject({ fingerprint: 'SHA256:x' });
  expect(after(said(question), { type: 'host-key-answered' }).question).toBeUndefined();
});

test('an end takes the question and notices away and keeps what was open', () => {
  const view = after(
    said(opened),
    said(question),
    said({ type: 'notice', text: 'n' }),
    said({ type: 'ended', reason: 'revoked' }),
  );
  expect(view.question).toBeUndefined();
  expect(view.notice).toBeUndefined();
  expect(view.opened).toBeDefined();
  expect(view.ending).toMatchObject({ reason: 'revoked', sentence: endSentence('revoked') });
});

test('the first ending is the last word', () => {
  const view = after(said({ type: 'ended', reason: 'host_key_changed', detail: 'pinned a, shown b' }), {
    type: 'lost',
  });
  expect(view.ending).toMatchObject({ reason: 'host_key_changed', detail: 'pinned a, shown b' });
});

test('a detail that only repeats the sentence is left out', () => {
  const end = (detail: string) => after(said({ type: 'ended', reason: 'revoked', detail })).ending?.detail;
  expect(end('Your access was revoked.')).toBeUndefined();
  expect(end('Your access has ended.')).toBe('Your access has ended.');
});

test('a socket refused at the door and a connection lost later read differently', () => {
  expect(after({ type: 'lost' }).ending?.sentence).toContain('Access expired, start again from the shop');
  expect(after(said(opened), { type: 'lost' }).ending?.sentence).toContain('lost');
});

test('a lost connection that is being made again is shown until it is there, or until the end', () => {
  const lost = after(said(opened, 100), { type: 'reconnecting', untilMs: 9 });
  expect(lost.reconnecting).toEqual({ untilMs: 9 });
  const back = nextView(lost, said({ type: 'attached', outputFrom: 1, screenBytes: 0, inputTaken: 0 }));
  expect(back.reconnecting).toBeUndefined();
  expect(nextView(lost, { type: 'lost' })).toMatchObject({ reconnecting: undefined, ending: expect.anything() });
});

test('a browser that comes back counts from the opening of the session', () => {
  expect(after(said({ ...opened, sinceMs: 40 }, 100)).opened?.atMs).toBe(60);
});

test('when it has to end is kept as a moment of this browser, until it has ended', () => {
  const limits: ServerControl = { type: 'limits', endsInMs: 40, endsBy: 'time_limit', idleInMs: null };
  const view = after(said(opened), said(limits, 100));
  expect(view.limits).toEqual({ endsAtMs: 140, endsBy: 'time_limit' });
  expect(nextView(view, said({ ...limits, endsInMs: null, endsBy: null }, 200)).limits).toEqual({});
  expect(nextView(view, said({ type: 'ended', reason: 'time_limit' })).limits).toBeUndefined();
});

test('a session that was taken over can be taken back', () => {
  const { ending } = after(said(opened), said({ type: 'detached' }));
  expect(ending?.sentence).toContain('another window');
  expect(ending && nextStepAfter(ending)).toBe('come-back');
});

test.each(endReasons)('%s has a sentence and a next step', (reason) => {
  expect(endSentence(reason)).toMatch(/\.$/);
  expect(['connect-again', 'sign-in', 'ask']).toContain(nextStepAfter({ reason, sentence: '' }));
});

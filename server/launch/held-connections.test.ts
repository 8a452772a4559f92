/**
 * Contract: a connection is had once, by the session it was given to, for as long as it is held; after that nobody has it
 * and no timer keeps the process.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newId, type SessionId } from '../ids.ts';
import type { ConnectionObject } from './connection-object.ts';
import { HeldConnections, holdMs } from './held-connections.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const connectionTo = (server: string): ConnectionObject => ({
  mode: 'SSH',
  targets: [{ server, port: 22 }],
  credential: { type: 'password', username: 'operator', password: 'secret' },
  notes: null,
  flags: { record: true, allowLiveSnooping: false, allowJoinRequests: false, allowJoinInvites: false },
});
const ids = () => [newId<SessionId>(), newId<SessionId>()] as const;

test('is had once, and by its own session alone', () => {
  const held = new HeldConnections();
  const [mine, theirs] = ids();
  const connection = connectionTo('db1.example');
  held.hold(mine, connection);
  expect(held.take(theirs)).toBeUndefined();
  expect(held.take(mine)).toBe(connection);
  expect(held.take(mine)).toBeUndefined();
});

test('is forgotten after thirty seconds, not before', () => {
  const held = new HeldConnections();
  const [early, late] = ids();
  held.hold(early, connectionTo('a'));
  held.hold(late, connectionTo('b'));
  vi.advanceTimersByTime(holdMs - 1);
  expect(held.take(early)).toBeDefined();
  vi.advanceTimersByTime(1);
  expect(held.take(late)).toBeUndefined();
  expect(holdMs).toBe(30_000);
});

test('held a second time is the second one, for its whole time', () => {
  const held = new HeldConnections(1_000);
  const [mine] = ids();
  const second = connectionTo('second');
  held.hold(mine, connectionTo('first'));
  vi.advanceTimersByTime(900);
  held.hold(mine, second);
  vi.advanceTimersByTime(900);
  expect(held.take(mine)).toBe(second);
  held.hold(mine, second);
  vi.advanceTimersByTime(1_000);
  expect(held.take(mine)).toBeUndefined();
});

test('leaves no timer behind, taken or cleared', () => {
  const held = new HeldConnections();
  const [one, other] = ids();
  held.hold(one, connectionTo('a'));
  held.hold(other, connectionTo('b'));
  held.take(one);
  expect(vi.getTimerCount()).toBe(1);
  held.clear();
  expect(vi.getTimerCount()).toBe(0);
  expect(held.take(other)).toBeUndefined();
  held.clear();
});

import { type GrantId, type LoginSessionId, newId, type PersonId, type PolicyId, type SessionId } from '../../ids.ts';
import type { Decision } from '../decision.ts';
import type { GrantFacts, LoginFacts, PersonFacts, PolicyFacts, SessionFacts } from '../facts.ts';

// Facts as the database would give them, for questions to `decide`. What a test does not care about allows the least.

/** The moment at which tests ask. */
export const now = new Date('2026-03-01T12:00:00.000Z');
export const ms = (offset: number) => new Date(now.getTime() + offset);

export const aPerson = (given: Partial<PersonFacts> = {}): PersonFacts => ({
  id: newId<PersonId>(),
  roles: ['user'],
  disabledAt: null,
  ...given,
});

export const aLogin = (given: Partial<LoginFacts> = {}): LoginFacts => ({
  id: newId<LoginSessionId>(),
  expiresAt: ms(1),
  revokedAt: null,
  ...given,
});

export const aPolicy = (given: Partial<PolicyFacts> = {}): PolicyFacts => ({
  id: newId<PolicyId>(),
  name: 'standard',
  recording: 'required',
  recordInput: false,
  allowCopy: false,
  allowPaste: false,
  trustFirstHostKey: false,
  masterPassword: 'each_time',
  allowPersonal: true,
  exclusiveCheckOut: false,
  graceSeconds: 60,
  idleTimeoutMinutes: null,
  maxDurationMinutes: null,
  allowSnooping: false,
  tellWatched: true,
  ...given,
});

export const aGrant = (given: Partial<GrantFacts> = {}, policy: Partial<PolicyFacts> = {}): GrantFacts => ({
  id: newId<GrantId>(),
  accessLevel: null,
  startsAt: null,
  endsAt: null,
  revokedAt: null,
  policy: aPolicy(policy),
  ...given,
});

export const aSession = (personId: PersonId, given: Partial<SessionFacts> = {}): SessionFacts => ({
  id: newId<SessionId>(),
  personId,
  loginSessionId: newId<LoginSessionId>(),
  state: 'active',
  ...given,
});

/** `yes`, or why not. */
export const answer = (decision: Decision<object>) => (decision.allow ? 'yes' : decision.reason);

// Contract: who may look at a session that runs: an auditor, never at their own, where both the policy that it runs under
// and whoever gave the credential agree, with a ticket that is theirs; and whether its person is told.
import { describe, expect, it } from 'vitest';
import { newId, type PersonId, type SessionId } from '../ids.ts';
import { sessionStates } from '../protocol/session-words.ts';
import { decide, type Question } from './decide.ts';
import type { GrantFacts } from './facts.ts';
import { aGrant, aLogin, answer, aPerson, aSession, ms, now } from './testing/facts.ts';

describe('watch', () => {
  const auditor = aPerson({ roles: ['auditor'] });
  const login = aLogin();
  const session = aSession(newId<PersonId>());
  const grant = aGrant({}, { allowSnooping: true });
  const ticket = {
    sessionId: session.id,
    loginSessionId: login.id,
    expiresAt: ms(1),
    redeemedAt: null,
    viewerId: auditor.id,
  };
  const under = (policy: Partial<GrantFacts['policy']>) => ({
    grants: [{ ...grant, policy: { ...grant.policy, ...policy } }],
  });
  const good = {
    person: auditor,
    login,
    session,
    ticket,
    access: { grants: [grant] },
    grantId: grant.id,
    allowsSnooping: true,
  };
  const watch = (given: Partial<Question<'watch'>>) => decide('watch', { ...good, ...given }, now);

  it.each<[string, Partial<Question<'watch'>>, string]>([
    ['an auditor, where policy and identity API agree', {}, 'yes'],
    ['where the policy does not', { access: under({ allowSnooping: false }) }, 'not_watchable'],
    ['where the identity API does not', { allowsSnooping: false }, 'not_watchable'],
    ['where the identity API said nothing', { allowsSnooping: null }, 'not_watchable'],
    ['when the right is there no more', { access: { grants: [] } }, 'not_watchable'],
    [
      'under another right than the one it runs under',
      { access: { grants: [aGrant({}, { allowSnooping: true })] } },
      'not_watchable',
    ],
    ['with the ticket of another auditor', { ticket: { ...ticket, viewerId: newId<PersonId>() } }, 'ticket_invalid'],
    ['with a ticket that is for nobody', { ticket: { ...ticket, viewerId: null } }, 'ticket_invalid'],
    ['with a ticket of another sign-in', { login: aLogin() }, 'ticket_invalid'],
    ['with a ticket for another session', { ticket: { ...ticket, sessionId: newId<SessionId>() } }, 'ticket_invalid'],
    ['with a ticket that has expired', { ticket: { ...ticket, expiresAt: now } }, 'ticket_invalid'],
    ['with a ticket that was used', { ticket: { ...ticket, redeemedAt: ms(-1) } }, 'ticket_invalid'],
  ])('%s', (_, given, expected) => {
    expect(answer(watch(given))).toBe(expected);
  });

  it.each(sessionStates)('of a session that is %s', (state) => {
    expect(answer(watch({ session: { ...session, state } }))).toBe(state === 'active' ? 'yes' : 'not_running');
  });

  it('says whether the person is told', () => {
    expect(watch({})).toMatchObject({ isTold: true });
    expect(watch({ access: under({ tellWatched: false }) })).toMatchObject({ isTold: false });
  });
});

// Contract: this table is the whole of who may do what. Each role alone against each action on somebody else's and on
// their own; then the moments at which a right begins and ends, to the millisecond.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComputerGuid, type ComputerId, type CredentialId, newId, type PersonId, type SessionId } from '../ids.ts';
import { type Role, roles, type SessionState, sessionStates } from '../protocol/session-words.ts';
import { type Action, decide, type Question, whyNotInForce } from './decide.ts';
import type { AccessFacts, ComputerFacts, GrantFacts, LoginFacts, PersonFacts, TicketFacts } from './facts.ts';
import { aGrant, aLogin, answer, aPerson, aSession, ms, now } from './testing/facts.ts';

const credentialId = newId<CredentialId>();
const aComputer = (given: Partial<ComputerFacts> = {}): ComputerFacts => ({
  id: 7 as ComputerId,
  guid: newId<ComputerGuid>(),
  mode: 'SSH',
  disabledAt: null,
  sharedCredentialId: credentialId,
  ...given,
});
const access = (grants: GrantFacts[], computer: Partial<ComputerFacts> = {}): AccessFacts => ({
  computer: aComputer(computer),
  grants,
  credentials: [{ id: credentialId, accessLevelId: null, referenceId: null, isSuspended: false, inUse: 'no' }],
});
describe('role × action × whose it is', () => {
  type Ask = (role: Role, own: boolean) => string;
  const asked =
    <A extends Action>(
      action: A,
      question: (person: PersonFacts, ownerId: PersonId) => Omit<Question<A>, 'person' | 'login'>,
    ): Ask =>
    (role, own) => {
      const person = aPerson({ roles: [role] });
      const ownerId = own ? person.id : newId<PersonId>();
      const facts = { ...question(person, ownerId), person, login: aLogin() } as unknown as Question<A>;
      return answer(decide(action, facts, now));
    };
  type OnSession = 'see-session' | 'terminate-session' | 'view-recording' | 'verify-recording';
  const onSession = (action: OnSession, state: SessionState = 'active') =>
    asked(action, (_, ownerId) => ({ session: aSession(ownerId, { state }) }));
  const listScope: Ask = (role) => {
    const decision = decide('list-sessions', { person: aPerson({ roles: [role] }), login: aLogin() }, now);
    return decision.allow ? decision.scope : decision.reason;
  };
  const yes = 'yes';

  // Columns: user, approver, auditor, admin; first on somebody else's, then on their own.
  const table: [string, Ask, string[], string[]][] = [
    ['enter', asked('enter', () => ({})), [yes, yes, yes, yes], [yes, yes, yes, yes]],
    ['list-sessions', listScope, ['own', 'own', 'all', 'all'], ['own', 'own', 'all', 'all']],
    ['see-session', onSession('see-session'), ['not_found', 'not_found', yes, yes], [yes, yes, yes, yes]],
    [
      'terminate-session',
      onSession('terminate-session'),
      ['not_found', 'not_found', 'not_found', yes],
      [yes, yes, yes, yes],
    ],
    [
      'terminate-session that ended',
      onSession('terminate-session', 'ended'),
      ['not_found', 'not_found', 'not_found', 'session_ended'],
      ['session_ended', 'session_ended', 'session_ended', 'session_ended'],
    ],
    [
      'view-recording',
      onSession('view-recording'),
      ['forbidden', 'forbidden', yes, 'forbidden'],
      ['forbidden', 'forbidden', 'own_recording', 'forbidden'],
    ],
    ...([true, false] as const).map((allowCopy): [string, Ask, string[], string[]] => [
      `copy-recording under a policy that ${allowCopy ? 'lets' : 'does not let'} copy`,
      asked('copy-recording', (_, ownerId) => ({ session: aSession(ownerId), allowCopy })),
      ['forbidden', 'forbidden', allowCopy ? yes : 'forbidden', 'forbidden'],
      ['forbidden', 'forbidden', 'own_recording', 'forbidden'],
    ]),
    [
      'verify-recording',
      onSession('verify-recording'),
      ['forbidden', 'forbidden', yes, yes],
      ['forbidden', 'forbidden', yes, yes],
    ],
    [
      'watch',
      asked('watch', (_, ownerId) => {
        const grant = aGrant({}, { allowSnooping: true });
        const session = aSession(ownerId);
        return { session, ticket: null, access: access([grant]), grantId: grant.id, allowsSnooping: true };
      }),
      ['not_found', 'not_found', yes, 'forbidden'],
      ['forbidden', 'forbidden', 'own_recording', 'forbidden'],
    ],
    [
      'see-wall',
      asked('see-wall', () => ({})),
      ['forbidden', 'forbidden', yes, 'forbidden'],
      ['forbidden', 'forbidden', yes, 'forbidden'],
    ],
    [
      'search-recordings',
      asked('search-recordings', () => ({})),
      ['forbidden', 'forbidden', yes, 'forbidden'],
      ['forbidden', 'forbidden', yes, 'forbidden'],
    ],
    [
      'hold-recording',
      asked('hold-recording', () => ({})),
      ['forbidden', 'forbidden', yes, yes],
      ['forbidden', 'forbidden', yes, yes],
    ],
    [
      'lift-hold',
      asked('lift-hold', (_, ownerId) => ({ session: aSession(ownerId), askedBy: null })),
      ['forbidden', 'forbidden', yes, yes],
      ['forbidden', 'forbidden', 'own_hold', 'own_hold'],
    ],
    [
      'lift-hold, asked for by the same person',
      asked('lift-hold', ({ id }) => ({ session: aSession(newId<PersonId>()), askedBy: id })),
      ['forbidden', 'forbidden', 'second_person', 'second_person'],
      ['forbidden', 'forbidden', 'second_person', 'second_person'],
    ],
    [
      'lift-hold, asked for by somebody else',
      asked('lift-hold', (_, ownerId) => ({ session: aSession(ownerId), askedBy: newId<PersonId>() })),
      ['forbidden', 'forbidden', yes, yes],
      ['forbidden', 'forbidden', 'own_hold', 'own_hold'],
    ],
    [
      'administer',
      asked('administer', () => ({})),
      ['forbidden', 'forbidden', 'forbidden', yes],
      ['forbidden', 'forbidden', 'forbidden', yes],
    ],
    [
      'read-audit',
      asked('read-audit', () => ({})),
      ['forbidden', 'forbidden', yes, yes],
      ['forbidden', 'forbidden', yes, yes],
    ],
    [
      'manage-logins',
      asked('manage-logins', (_, ownerId) => ({ ownerId })),
      ['not_found', 'not_found', 'not_found', yes],
      [yes, yes, yes, yes],
    ],
    [
      'approve-host-key, policy trusts nobody',
      asked('approve-host-key', () => ({ grant: aGrant() })),
      ['forbidden', 'forbidden', 'forbidden', yes],
      ['forbidden', 'forbidden', 'forbidden', yes],
    ],
    [
      'approve-host-key, policy trusts the person',
      asked('approve-host-key', () => ({ grant: aGrant({}, { trustFirstHostKey: true }) })),
      [yes, yes, yes, yes],
      [yes, yes, yes, yes],
    ],
    [
      'connect without a grant',
      asked('connect', () => ({ access: access([]) })),
      ['no_grant', 'no_grant', 'no_grant', 'no_grant'],
      ['no_grant', 'no_grant', 'no_grant', 'no_grant'],
    ],
    [
      'connect with a grant',
      asked('connect', () => ({ access: access([aGrant()]) })),
      [yes, yes, yes, yes],
      [yes, yes, yes, yes],
    ],
  ];

  for (const [name, ask, others, own] of table) {
    it.each(roles.map((role, index) => [role, others[index], own[index]] as const))(
      `${name} as %s`,
      (role, onOthers, onOwn) => {
        expect([ask(role, false), ask(role, true)]).toEqual([onOthers, onOwn]);
      },
    );
  }

  it('adds roles up: an administrator who is an auditor too may view, but not themselves', () => {
    const person = aPerson({ roles: ['admin', 'auditor'] });
    const view = (ownerId: PersonId) =>
      answer(decide('view-recording', { person, login: aLogin(), session: aSession(ownerId) }, now));
    expect(view(newId<PersonId>())).toBe('yes');
    expect(view(person.id)).toBe('own_recording');
  });
});

describe('presence comes before every rule', () => {
  const person = aPerson({ roles: [...roles] });
  const grant = aGrant({}, { allowSnooping: true });
  // Calls come without a sign-in: call-aws.test.ts asks whether their person and token are there.
  type OfPeople = Exclude<Action, 'call-aws'>;
  const ask = (who: { person: PersonFacts; login: LoginFacts }): Record<OfPeople, string> => {
    const session = aSession(who.person.id, { state: 'requested', loginSessionId: who.login.id });
    const ticket: TicketFacts = {
      sessionId: session.id,
      loginSessionId: who.login.id,
      expiresAt: ms(1),
      redeemedAt: null,
    };
    const open = access([grant]);
    return {
      enter: answer(decide('enter', who, now)),
      connect: answer(decide('connect', { ...who, access: open }, now)),
      continue: answer(decide('continue', { ...who, access: open, grantId: grant.id }, now)),
      'redeem-ticket': answer(
        decide('redeem-ticket', { ...who, ticket, session, access: open, grantId: grant.id }, now),
      ),
      attach: answer(
        decide(
          'attach',
          { ...who, ticket, session: { ...session, state: 'active' }, access: open, grantId: grant.id },
          now,
        ),
      ),
      watch: answer(
        decide(
          'watch',
          {
            ...who,
            session: aSession(newId<PersonId>()),
            ticket: null,
            access: open,
            grantId: grant.id,
            allowsSnooping: true,
          },
          now,
        ),
      ),
      'see-wall': answer(decide('see-wall', who, now)),
      'approve-host-key': answer(decide('approve-host-key', { ...who, grant }, now)),
      'see-session': answer(decide('see-session', { ...who, session }, now)),
      'list-sessions': answer(decide('list-sessions', who, now)),
      'terminate-session': answer(decide('terminate-session', { ...who, session }, now)),
      'view-recording': answer(decide('view-recording', { ...who, session: aSession(newId<PersonId>()) }, now)),
      'copy-recording': answer(
        decide('copy-recording', { ...who, session: aSession(newId<PersonId>()), allowCopy: true }, now),
      ),
      'verify-recording': answer(decide('verify-recording', { ...who, session }, now)),
      'search-recordings': answer(decide('search-recordings', who, now)),
      'hold-recording': answer(decide('hold-recording', who, now)),
      'lift-hold': answer(decide('lift-hold', { ...who, session: aSession(newId<PersonId>()), askedBy: null }, now)),
      administer: answer(decide('administer', who, now)),
      'read-audit': answer(decide('read-audit', who, now)),
      'manage-logins': answer(decide('manage-logins', { ...who, ownerId: who.person.id }, now)),
    };
  };
  const actions = Object.keys(ask({ person, login: aLogin() })) as OfPeople[];
  const all = (expected: string) => Object.fromEntries(actions.map((action) => [action, expected]));

  it('allows all of them to somebody with every role who is signed in', () => {
    expect(ask({ person, login: aLogin() })).toEqual(all('yes'));
  });

  it('refuses all of them to a disabled person', () => {
    expect(ask({ person: { ...person, disabledAt: ms(-1) }, login: aLogin() })).toEqual(all('person_disabled'));
  });

  it('refuses all of them after sign-out', () => {
    expect(ask({ person, login: aLogin({ revokedAt: ms(-1) }) })).toEqual(all('signed_out'));
  });

  it('refuses all but a running session from the moment the sign-in expires', () => {
    expect(ask({ person, login: aLogin({ expiresAt: now }) })).toEqual({
      ...all('signed_out'),
      continue: 'yes',
    });
    expect(ask({ person, login: aLogin({ expiresAt: ms(1) }) })).toEqual(all('yes'));
  });
});

describe('a grant is in force', () => {
  it.each([
    ['without limits', {}, undefined],
    ['from its first millisecond', { startsAt: now }, undefined],
    ['not before', { startsAt: ms(1) }, 'grant_not_started'],
    ['up to its last millisecond', { endsAt: ms(1) }, undefined],
    ['not at its end', { endsAt: now }, 'grant_ended'],
    ['not once revoked, whatever its times', { startsAt: ms(1), endsAt: now, revokedAt: ms(-1) }, 'grant_revoked'],
  ] as const)('%s', (_, given, problem) => {
    expect(whyNotInForce(aGrant(given), now)).toBe(problem);
  });
});

describe('connect', () => {
  const connect = (facts: AccessFacts) => decide('connect', { person: aPerson(), login: aLogin(), access: facts }, now);
  const revoked = aGrant({ revokedAt: ms(-1) });
  const over = aGrant({ endsAt: now });
  const later = aGrant({ startsAt: ms(1) });

  it('gives the first grant in force and the credential', () => {
    const [first, second] = [aGrant(), aGrant()];
    expect(connect(access([revoked, later, first, second]))).toEqual({
      allow: true,
      grant: first,
      credentialId,
      isPersonal: false,
    });
  });

  it.each([
    ['the most hopeful reason', access([revoked, over, later]), 'grant_not_started'],
    ['that access ended, rather than revoked', access([revoked, over]), 'grant_ended'],
    ['that it was revoked', access([revoked]), 'grant_revoked'],
    ['that there never was a grant', access([]), 'no_grant'],
    ['that the computer is off, before all', access([aGrant()], { disabledAt: ms(-1) }), 'computer_disabled'],
    ['that a credential is missing, last', access([aGrant()], { sharedCredentialId: null }), 'no_credential'],
    ['nothing of credentials to those without a grant', access([], { sharedCredentialId: null }), 'no_grant'],
  ])('tells %s', (_, facts, reason) => {
    expect(answer(connect(facts))).toBe(reason);
  });

  it('never allows without a grant in force, whatever the grants are', () => {
    const moment = fc.option(fc.integer({ min: -3, max: 3 }).map(ms));
    const grant = fc.record({ startsAt: moment, endsAt: moment, revokedAt: moment }).map((given) => aGrant(given));
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 4 }), (grants) => {
        const inForce = grants.filter(
          (one) => !one.revokedAt && !(one.startsAt && one.startsAt > now) && !(one.endsAt && one.endsAt <= now),
        );
        const decision = connect(access(grants));
        expect(decision.allow).toBe(inForce.length > 0);
        if (decision.allow) expect(inForce).toContain(decision.grant);
      }),
    );
  });
});

describe('continue', () => {
  const grant = aGrant();
  const go = (facts: AccessFacts, login = aLogin()) =>
    answer(decide('continue', { person: aPerson(), login, access: facts, grantId: grant.id }, now));

  it.each([
    ['while its grant is in force', access([grant]), 'yes'],
    ['not on another grant', access([aGrant()]), 'grant_revoked'],
    ['not when the grant no longer reaches the person', access([]), 'grant_revoked'],
    ['not after the grant was revoked', access([{ ...grant, revokedAt: ms(-1) }]), 'grant_revoked'],
    ['not from the end of the grant on', access([{ ...grant, endsAt: now }]), 'grant_ended'],
    ['not on a computer that was switched off', access([grant], { disabledAt: ms(-1) }), 'computer_disabled'],
    ['although the credential was taken away: it is signed in', access([grant], { sharedCredentialId: null }), 'yes'],
  ])('%s', (_, facts, expected) => {
    expect(go(facts)).toBe(expected);
  });
});

describe('redeem-ticket', () => {
  const person = aPerson();
  const login = aLogin();
  const session = aSession(person.id, { state: 'requested', loginSessionId: login.id });
  const ticket: TicketFacts = { sessionId: session.id, loginSessionId: login.id, expiresAt: ms(1), redeemedAt: null };
  const grant = aGrant();
  const good = { person, login, ticket, session, access: access([grant]), grantId: grant.id };
  const redeem = (given: Partial<typeof good>) => answer(decide('redeem-ticket', { ...good, ...given }, now));

  it.each([
    ['its owner, in time', {}, 'yes'],
    ['after it expired', { ticket: { ...ticket, expiresAt: now } }, 'ticket_invalid'],
    ['twice', { ticket: { ...ticket, redeemedAt: ms(-1) } }, 'ticket_invalid'],
    ['somebody else', { person: aPerson() }, 'ticket_invalid'],
    ['an administrator', { person: aPerson({ roles: ['admin'] }) }, 'ticket_invalid'],
    ['another sign-in of the same person', { login: aLogin() }, 'ticket_invalid'],
    ['a session of another sign-in', { session: { ...session, loginSessionId: aLogin().id } }, 'ticket_invalid'],
    ['another session', { session: { ...session, id: newId<SessionId>() } }, 'ticket_invalid'],
    ['after the grant was revoked', { access: access([{ ...grant, revokedAt: ms(-1) }]) }, 'grant_revoked'],
    ['under another right than it was requested under', { access: access([aGrant()]) }, 'no_grant'],
  ])('by or for %s', (_, given, expected) => {
    expect(redeem(given as Partial<typeof good>)).toBe(expected);
  });

  it.each(sessionStates)('for a session that is %s', (state) => {
    expect(redeem({ session: { ...session, state } })).toBe(state === 'requested' ? 'yes' : 'session_ended');
  });
});

/**
 * Contract: which credential somebody gets at a computer, under which of their rights. Shared ones go with the access
 * level they are for; a reference needs the right on both records; a suspended secret goes nowhere, and one that is for one
 * person at a time to nobody else. A claim only ever chooses among rights that are in force.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessLevelId,
  type ComputerGuid,
  type ComputerId,
  type CredentialId,
  type GrantId,
  type LoginSessionId,
  newId,
  type PersonId,
  type PolicyId,
} from '../ids.ts';
import { isAnythingOffered, offeredRights } from './choices.ts';
import { decide } from './decide.ts';
import type {
  AccessFacts,
  CredentialChoice,
  GrantFacts,
  PickedCredential,
  RightChoice,
  SharedCredentialFacts,
} from './facts.ts';
import { aGrant, ms, now } from './testing/facts.ts';

const person = { id: newId<PersonId>(), roles: ['user'] as const, disabledAt: null };
const login = { id: newId<LoginSessionId>(), expiresAt: ms(1000), revokedAt: null };
const operator = { id: newId<AccessLevelId>(), name: 'Operator' };
const root = { id: newId<AccessLevelId>(), name: 'Root' };

const shared = (given: Partial<SharedCredentialFacts> = {}): SharedCredentialFacts => ({
  id: newId<CredentialId>(),
  accessLevelId: null,
  referenceId: null,
  isSuspended: false,
  inUse: 'no',
  ...given,
});
const own = (given: Partial<PickedCredential> = {}): PickedCredential => ({
  id: newId<CredentialId>(),
  ownerId: person.id,
  reference: null,
  ...given,
});

/** A computer whose first credential is that of Connect. */
const accessOf = (grants: GrantFacts[], credentials: SharedCredentialFacts[] = [shared()]): AccessFacts => ({
  computer: {
    id: 7 as ComputerId,
    guid: newId<ComputerGuid>(),
    mode: 'SSH',
    disabledAt: null,
    sharedCredentialId: credentials[0]?.id ?? null,
  },
  grants,
  credentials,
});

const pickShared = ({ id }: { id: CredentialId }): CredentialChoice => ({
  kind: 'chosen',
  credential: { id, ownerId: null, reference: null },
});
const pick = (credential: PickedCredential | null): CredentialChoice => ({ kind: 'chosen', credential });

const ask = (access: AccessFacts, credential?: CredentialChoice, under?: RightChoice) =>
  decide('connect', { person, login, access, credential, under }, now);
const said = (...asked: Parameters<typeof ask>) => {
  const decision = ask(...asked);
  return decision.allow ? 'yes' : decision.reason;
};
const underOf = (grant: GrantFacts): RightChoice => ({
  policyId: grant.policy.id,
  accessLevelId: grant.accessLevel?.id ?? null,
});

describe('an access level', () => {
  const standard = shared();
  const second = shared();
  const forOperators = shared({ accessLevelId: operator.id });
  const forRoot = shared({ accessLevelId: root.id });
  const all = [standard, second, forOperators, forRoot];

  it.each([
    ['the standard level', aGrant(), ['yes', 'yes', 'no_shared_credentials', 'no_shared_credentials']],
    [
      'Operator',
      aGrant({ accessLevel: operator }),
      ['no_shared_credentials', 'no_shared_credentials', 'yes', 'no_shared_credentials'],
    ],
    [
      'Root',
      aGrant({ accessLevel: root }),
      ['no_shared_credentials', 'no_shared_credentials', 'no_shared_credentials', 'yes'],
    ],
  ])('%s gives its own credentials and no others', (_, grant, expected) => {
    expect(all.map((one) => said(accessOf([grant], all), pickShared(one)))).toEqual(expected);
  });

  it('that is over gives nothing any more, although another right is in force', () => {
    const access = accessOf([aGrant(), aGrant({ accessLevel: root, endsAt: now })], all);
    expect(said(access, pickShared(forRoot))).toBe('no_shared_credentials');
    expect(said(access, pickShared(standard))).toBe('yes');
  });

  it('other than the standard one has no Connect, but something to choose', () => {
    const access = accessOf([aGrant({ accessLevel: operator })], all);
    expect(said(access)).toBe('no_credential');
    expect(isAnythingOffered({ person, login, access, personal: [] }, now)).toBe(true);
  });

  it('leaves Connect to the first right that has its credential', () => {
    const [strict, lax] = [aGrant({ accessLevel: operator }), aGrant()];
    expect(ask(accessOf([strict, lax], all))).toMatchObject({ allow: true, grant: lax, credentialId: standard.id });
  });

  it('gives no credential of another computer, nor one that is gone, whoever names it', () => {
    const access = accessOf([aGrant(), aGrant({ accessLevel: root })], all);
    expect(said(access, pickShared(shared()))).toBe('no_shared_credentials');
    expect(said(access, pick(null))).toBe('no_shared_credentials');
  });
});

describe('what a claim chooses', () => {
  const [first, second] = [aGrant(), aGrant()];
  const both = accessOf([first, second]);

  it('is a right in force by its policy, and by its level where one is named', () => {
    expect(ask(both, undefined, { policyId: second.policy.id })).toMatchObject({ grant: second });
    const atRoot = aGrant({ accessLevel: root, policy: first.policy });
    const credentials = [shared(), shared({ accessLevelId: root.id })];
    const access = accessOf([first, atRoot], credentials);
    const mine = pick(own());
    expect(ask(access, mine, { policyId: first.policy.id })).toMatchObject({ grant: first });
    expect(ask(access, mine, { policyId: first.policy.id, accessLevelId: root.id })).toMatchObject({ grant: atRoot });
    expect(ask(access, mine, { policyId: first.policy.id, accessLevelId: null })).toMatchObject({ grant: first });
  });

  it.each([
    ['a policy of nobody', () => said(both, undefined, { policyId: newId<PolicyId>() }), 'right_changed'],
    [
      'a level that they have not',
      () => said(both, undefined, { ...underOf(first), accessLevelId: root.id }),
      'right_changed',
    ],
    [
      'a policy whose right is over',
      () => said(accessOf([first, { ...second, endsAt: now }]), undefined, underOf(second)),
      'right_changed',
    ],
    [
      'a policy, with no right in force',
      () => said(accessOf([{ ...first, revokedAt: now }]), undefined, underOf(first)),
      'grant_revoked',
    ],
    ['a grant that is not theirs', () => said(both, undefined, { grantId: newId<GrantId>() }), 'no_grant'],
    [
      'a grant that is over, beside one that is not',
      () => said(accessOf([{ ...first, endsAt: now }, second]), undefined, { grantId: first.id }),
      'grant_ended',
    ],
  ])('is not %s', (_, asked, expected) => {
    expect(asked()).toBe(expected);
  });
});

describe('a personal credential', () => {
  const somebody = newId<PersonId>();

  it.each([
    ['one’s own', own(), {}, 'yes'],
    ['somebody else’s', own({ ownerId: somebody }), {}, 'not_your_credential'],
    ['one’s own, where the policy forbids it', own(), { allowPersonal: false }, 'personal_not_allowed'],
    [
      'somebody else’s, where the policy forbids it',
      own({ ownerId: somebody }),
      { allowPersonal: false },
      'not_your_credential',
    ],
    ['that refers to another of one’s own', own({ reference: { id: newId(), ownerId: person.id } }), {}, 'yes'],
    [
      'that refers to somebody else’s',
      own({ reference: { id: newId(), ownerId: somebody } }),
      {},
      'reference_not_allowed',
    ],
    ['that refers to a shared one', own({ reference: { id: newId(), ownerId: null } }), {}, 'reference_not_allowed'],
  ] as const)('%s', (_, credential, policy, expected) => {
    expect(said(accessOf([aGrant({}, policy)]), pick(credential))).toBe(expected);
  });

  it('is what any right allows whose policy does, whatever its level, and says whose it is', () => {
    const access = accessOf([aGrant({}, { allowPersonal: false }), aGrant({ accessLevel: root })], []);
    expect(ask(access, pick(own()))).toMatchObject({ allow: true, isPersonal: true, grant: access.grants[1] });
  });

  it('has no use for anybody without a right', () => {
    expect(said(accessOf([]), pick(own()))).toBe('no_grant');
  });
});

describe('a reference', () => {
  const referred = (given: Partial<SharedCredentialFacts> = {}) => shared({ accessLevelId: root.id, ...given });
  const both = (to: SharedCredentialFacts) => [shared({ referenceId: to.id }), to];
  const rights = [aGrant(), aGrant({ accessLevel: root })];

  it.each([
    ['with the right on both records', rights, (to: SharedCredentialFacts) => both(to), 'yes'],
    ['without the right on the other', [aGrant()], (to: SharedCredentialFacts) => both(to), 'reference_not_allowed'],
    [
      'with a right on the other that is over',
      [aGrant(), aGrant({ accessLevel: root, endsAt: now })],
      (to: SharedCredentialFacts) => both(to),
      'reference_not_allowed',
    ],
    [
      'to one that this computer has not',
      rights,
      (to: SharedCredentialFacts) => both(to).slice(0, 1),
      'reference_not_allowed',
    ],
    [
      'to one that refers on',
      rights,
      (to: SharedCredentialFacts) => both({ ...to, referenceId: newId<CredentialId>() }),
      'reference_not_allowed',
    ],
    [
      'to itself',
      rights,
      ({ id }: SharedCredentialFacts) => [shared({ id, referenceId: id })],
      'reference_not_allowed',
    ],
    [
      'to one that is suspended',
      rights,
      (to: SharedCredentialFacts) => both({ ...to, isSuspended: true }),
      'credential_suspended',
    ],
  ])('%s', (_, grants, credentials, expected) => {
    expect(said(accessOf(grants, credentials(referred())))).toBe(expected);
  });

  it('takes the right on the one that is named, not only that on the secret', () => {
    const to = shared();
    const from = shared({ accessLevelId: root.id, referenceId: to.id });
    expect(said(accessOf([aGrant()], [to, from]), pickShared(from))).toBe('no_shared_credentials');
  });
});

describe('a suspended secret', () => {
  it('is given to nobody, and greys nothing else out', () => {
    const [waiting, other] = [shared({ isSuspended: true }), shared()];
    const access = accessOf([aGrant()], [waiting, other]);
    expect([said(access), said(access, pickShared(waiting)), said(access, pickShared(other))]).toEqual([
      'credential_suspended',
      'credential_suspended',
      'yes',
    ]);
  });
});

describe('a credential for one person at a time', () => {
  it.each([
    ['free', 'no', false, 'yes'],
    ['free, and wanted alone', 'no', true, 'yes'],
    ['shared with others', 'shared', false, 'yes'],
    ['shared with others, and wanted alone', 'shared', true, 'checked_out'],
    ['taken', 'exclusive', false, 'checked_out'],
    ['taken, and wanted alone', 'exclusive', true, 'checked_out'],
  ] as const)('that is %s', (_, inUse, exclusiveCheckOut, expected) => {
    expect(said(accessOf([aGrant({}, { exclusiveCheckOut })], [shared({ inUse })]))).toBe(expected);
  });

  it('goes by another right of theirs that does not want it alone', () => {
    const [alone, together] = [aGrant({}, { exclusiveCheckOut: true }), aGrant()];
    expect(ask(accessOf([alone, together], [shared({ inUse: 'shared' })]))).toMatchObject({ grant: together });
  });
});

describe('Advanced Mode', () => {
  it('offers each policy and level once, with what is there for it and why some of it is not to be had', () => {
    const standard = aGrant();
    const again = aGrant({ policy: standard.policy, endsAt: ms(1) });
    const atRoot = aGrant({ accessLevel: root }, { allowPersonal: false });
    const later = aGrant({ startsAt: ms(1) });
    const [plain, waiting, rooted] = [shared(), shared({ isSuspended: true }), shared({ accessLevelId: root.id })];
    const mine = own();
    const access = accessOf([standard, again, atRoot, later], [plain, waiting, rooted]);
    expect(offeredRights({ person, login, access, personal: [mine] }, now)).toEqual([
      {
        grant: standard,
        credentials: [
          { id: plain.id, isPersonal: false, problem: null },
          { id: waiting.id, isPersonal: false, problem: 'credential_suspended' },
          { id: mine.id, isPersonal: true, problem: null },
        ],
      },
      { grant: atRoot, credentials: [{ id: rooted.id, isPersonal: false, problem: null }] },
    ]);
  });

  it.each([
    ['without a right', accessOf([]), [own()]],
    [
      'on a computer that is switched off',
      { ...accessOf([aGrant()]), computer: { ...accessOf([]).computer, disabledAt: now } },
      [own()],
    ],
    ['where nothing is stored and nothing is one’s own', accessOf([aGrant()], []), []],
    ['where all that is stored waits', accessOf([aGrant()], [shared({ isSuspended: true })]), []],
    ['where only one’s own could be had, and may not', accessOf([aGrant({}, { allowPersonal: false })], []), [own()]],
  ])('offers nothing %s', (_, access, personal) => {
    expect(isAnythingOffered({ person, login, access, personal }, now)).toBe(false);
  });

  it('offers what would be given, and nothing is given that it does not offer', () => {
    const level = fc.constantFrom(null, operator, root);
    const grant = fc
      .record({ level, over: fc.boolean(), allowPersonal: fc.boolean(), exclusiveCheckOut: fc.boolean() })
      .map(({ level: accessLevel, over, ...policy }) => aGrant({ accessLevel, endsAt: over ? now : null }, policy));
    const credential = fc
      .record({
        accessLevelId: level.map((one) => one?.id ?? null),
        isSuspended: fc.boolean(),
        inUse: fc.constantFrom('no', 'shared', 'exclusive'),
      })
      .map((given) => shared(given));
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 4 }), fc.array(credential, { maxLength: 4 }), (grants, credentials) => {
        const access = accessOf(grants, credentials);
        const mine = own();
        const offered = offeredRights({ person, login, access, personal: [mine] }, now);
        const open = new Set(
          offered.flatMap((right) => right.credentials.flatMap(({ id, problem }) => (problem ? [] : [id]))),
        );
        for (const one of credentials) expect(said(access, pickShared(one)) === 'yes').toBe(open.has(one.id));
        expect(said(access, pick(mine)) === 'yes').toBe(open.has(mine.id));
        const answers = offered.flatMap(({ grant: given, credentials: chosen }) =>
          chosen.map(({ id, isPersonal, problem }) => {
            const choice = isPersonal ? pick(mine) : pickShared({ id });
            return [said(access, choice, underOf(given)), problem ?? 'yes'];
          }),
        );
        expect(answers.map(([got]) => got)).toEqual(answers.map(([, promised]) => promised));
      }),
    );
  });
});

import type { ErrorCode } from '../errors.ts';
import type { CredentialId, PersonId } from '../ids.ts';
import type { AccessFacts, GrantFacts, LoginFacts, PersonFacts, SessionFacts, TicketFacts, Who } from './facts.ts';

/** What a person may be allowed to do. Each has one rule below; there is no other place that says yes or no. */
type Rules = {
  /** Is this person signed in and allowed to be here at all? */
  enter: { question: Who; right: object };
  connect: { question: Who & { access: AccessFacts }; right: ConnectRight };
  /** Asked every second while a session runs, with the grant it was opened under. */
  continue: { question: Who & { access: AccessFacts; grantId: string }; right: object };
  'redeem-ticket': {
    question: Who & { ticket: TicketFacts; session: SessionFacts; access: AccessFacts };
    right: ConnectRight;
  };
  'approve-host-key': { question: Who & { grant: GrantFacts }; right: object };
  'see-session': { question: Who & { session: SessionFacts }; right: object };
  'list-sessions': { question: Who; right: { scope: 'all' | 'own' } };
  'terminate-session': { question: Who & { session: SessionFacts }; right: object };
  'view-recording': { question: Who & { session: SessionFacts }; right: object };
  administer: { question: Who; right: object };
  /** See, search and export what everybody did. */
  'read-audit': { question: Who; right: object };
  /** See and revoke the sign-ins of this person. */
  'manage-logins': { question: Who & { ownerId: PersonId }; right: object };
};

export type Action = keyof Rules;
export type ConnectRight = { grant: GrantFacts; credentialId: CredentialId };
export type Question<A extends Action> = Rules[A]['question'];
export type Decision<R extends object = object> = ({ allow: true } & R) | { allow: false; reason: ErrorCode };

type RuleBook = { [A in Action]: (question: Question<A>, now: Date) => Decision<Rules[A]['right']> };

const yes = { allow: true } as const;
const no = (reason: ErrorCode) => ({ allow: false, reason }) as const;

/** May this person do this to that, now, and if not, why not. Pure: the same facts and time give the same answer. */
export function decide<A extends Action>(action: A, question: Question<A>, now: Date): Decision<Rules[A]['right']> {
  const presence = present(question, now, action);
  if (!presence.allow) return presence;
  return rules[action](question, now);
}

// A running session outlives the expiry of the sign-in that opened it, but not its revocation or the person's account.
function present({ person, login }: Who, now: Date, action: Action): Decision {
  if (person.disabledAt) return no('person_disabled');
  if (login.revokedAt) return no('signed_out');
  if (action !== 'continue' && login.expiresAt <= now) return no('signed_out');
  return yes;
}

const rules: RuleBook = {
  enter: () => yes,
  connect: ({ access }, now) => mayConnect(access, now),
  continue: ({ access, grantId }, now) => {
    if (access.computer.disabledAt) return no('computer_disabled');
    const grant = access.grants.find((candidate) => candidate.id === grantId);
    if (!grant) return no('grant_revoked');
    const problem = whyNotInForce(grant, now);
    return problem ? no(problem) : yes;
  },
  'redeem-ticket': ({ person, login, ticket, session, access }, now) => {
    // Same sign-in from the shop to the socket: signing out there must end what runs here.
    const isTheirs =
      ticket.sessionId === session.id &&
      ticket.loginSessionId === login.id &&
      session.loginSessionId === login.id &&
      session.personId === person.id;
    if (!isTheirs || ticket.redeemedAt || ticket.expiresAt <= now) return no('ticket_invalid');
    if (session.state !== 'requested') return no('session_ended');
    return mayConnect(access, now);
  },
  'approve-host-key': ({ person, grant }) =>
    person.roles.includes('admin') || grant.policy.trustFirstHostKey ? yes : no('forbidden'),
  'see-session': ({ person, session }) =>
    session.personId === person.id || hasRole(person, 'auditor', 'admin') ? yes : no('not_found'),
  'list-sessions': ({ person }) => ({ allow: true, scope: hasRole(person, 'auditor', 'admin') ? 'all' : 'own' }),
  'terminate-session': ({ person, session }) => {
    if (session.personId !== person.id && !hasRole(person, 'admin')) return no('not_found');
    return session.state === 'ended' ? no('session_ended') : yes;
  },
  // Administrators are not auditors unless someone made them so, and nobody reviews themselves.
  'view-recording': ({ person, session }) => {
    if (!hasRole(person, 'auditor')) return no('forbidden');
    return session.personId === person.id ? no('own_recording') : yes;
  },
  administer: ({ person }) => (hasRole(person, 'admin') ? yes : no('forbidden')),
  'read-audit': ({ person }) => (hasRole(person, 'auditor', 'admin') ? yes : no('forbidden')),
  'manage-logins': ({ person, ownerId }) => (person.id === ownerId || hasRole(person, 'admin') ? yes : no('not_found')),
};

function hasRole(person: PersonFacts, ...wanted: PersonFacts['roles'][number][]): boolean {
  return wanted.some((role) => person.roles.includes(role));
}

function mayConnect({ computer, grants }: AccessFacts, now: Date): Decision<ConnectRight> {
  if (computer.disabledAt) return no('computer_disabled');
  const grant = grants.find((candidate) => !whyNotInForce(candidate, now));
  if (!grant) return no(nearestReason(grants, now));
  if (!computer.sharedCredentialId) return no('no_credential');
  return { allow: true, grant, credentialId: computer.sharedCredentialId };
}

/** Why a grant gives nothing at this moment; `undefined` while it is in force. `endsAt` itself is already too late. */
export function whyNotInForce(grant: GrantFacts, now: Date): ErrorCode | undefined {
  if (grant.revokedAt) return 'grant_revoked';
  if (grant.startsAt && grant.startsAt > now) return 'grant_not_started';
  if (grant.endsAt && grant.endsAt <= now) return 'grant_ended';
  return undefined;
}

// The most hopeful reason first: someone whose access starts tomorrow should read that, not that an old grant was revoked.
function nearestReason(grants: readonly GrantFacts[], now: Date): ErrorCode {
  const reasons = new Set(grants.map((grant) => whyNotInForce(grant, now)));
  const order: ErrorCode[] = ['grant_not_started', 'grant_ended', 'grant_revoked'];
  return order.find((reason) => reasons.has(reason)) ?? 'no_grant';
}

export type { LoginFacts, PersonFacts, Who };

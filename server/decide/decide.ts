import type { ErrorCode } from '../errors.ts';
import type { CredentialId, PersonId } from '../ids.ts';
import type {
  AccessFacts,
  CredentialChoice,
  GrantFacts,
  LoginFacts,
  PersonFacts,
  SessionFacts,
  TicketFacts,
  Who,
} from './facts.ts';

/** What a person may be allowed to do. Each has one rule below; there is no other place that says yes or no. */
type Rules = {
  /** Is this person signed in and allowed to be here at all? */
  enter: { question: Who; right: object };
  connect: { question: Who & { access: AccessFacts; credential?: CredentialChoice }; right: ConnectRight };
  /** Asked every second while a session runs, with the grant it was opened under and the end of its check-out. */
  continue: { question: Who & { access: AccessFacts; grantId: string; until?: Date | null }; right: object };
  'redeem-ticket': {
    question: Who & {
      ticket: TicketFacts;
      session: SessionFacts;
      access: AccessFacts;
      credential?: CredentialChoice;
      until?: Date | null;
    };
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
/** `credentialId` is null for a credential that is kept elsewhere. */
export type ConnectRight = { grant: GrantFacts; credentialId: CredentialId | null };
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
  connect: (question, now) => mayConnect(question, now),
  continue: ({ access, grantId, until }, now) => {
    if (access.computer.disabledAt) return no('computer_disabled');
    const grant = access.grants.find((candidate) => candidate.id === grantId);
    if (!grant) return no('grant_revoked');
    if (until && until <= now) return no('grant_ended');
    const problem = whyNotInForce(grant, now);
    return problem ? no(problem) : yes;
  },
  'redeem-ticket': (question, now) => {
    const { person, login, ticket, session, until } = question;
    // Same sign-in from the shop to the socket: signing out there must end what runs here.
    const isTheirs =
      ticket.sessionId === session.id &&
      ticket.loginSessionId === login.id &&
      session.loginSessionId === login.id &&
      session.personId === person.id;
    if (!isTheirs || ticket.redeemedAt || ticket.expiresAt <= now) return no('ticket_invalid');
    if (session.state !== 'requested') return no('session_ended');
    if (until && until <= now) return no('grant_ended');
    return mayConnect(question, now);
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

type ConnectQuestion = Question<'connect'>;

function mayConnect(question: ConnectQuestion, now: Date): Decision<ConnectRight> {
  const { computer, grants } = question.access;
  if (computer.disabledAt) return no('computer_disabled');
  const grant = grants.find((candidate) => !whyNotInForce(candidate, now));
  if (!grant) return no(nearestReason(grants, now));
  const credential = credentialFor(question);
  return credential.allow ? { allow: true, grant, credentialId: credential.credentialId } : credential;
}

function credentialFor({ person, access, credential }: ConnectQuestion): Decision<Pick<ConnectRight, 'credentialId'>> {
  const { sharedCredentialId } = access.computer;
  if (credential?.kind === 'elsewhere') return { allow: true, credentialId: null };
  if (credential?.kind !== 'chosen') {
    return sharedCredentialId ? { allow: true, credentialId: sharedCredentialId } : no('no_credential');
  }
  const chosen = credential.credential;
  if (chosen?.ownerId) {
    return chosen.ownerId === person.id ? { allow: true, credentialId: chosen.id } : no('not_your_credential');
  }
  // A shared one is for the computer it was stored for, whoever names it.
  if (!chosen || chosen.id !== sharedCredentialId) return no('no_shared_credentials');
  return { allow: true, credentialId: chosen.id };
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

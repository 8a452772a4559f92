import type { GrantId, PersonId } from '../ids.ts';
import { type CallQuestion, type CallRight, mayCallAws, type TokenFacts } from './call-aws.ts';
import { type ConnectQuestion, type ConnectRight, mayConnect, whyNotInForce } from './connect.ts';
import { type Decision, no, yes } from './decision.ts';
import type {
  GrantedAccess,
  GrantFacts,
  LoginFacts,
  PersonFacts,
  SessionFacts,
  TicketFacts,
  WatchTicketFacts,
  Who,
} from './facts.ts';

/** What a person may be allowed to do. Each has one rule below; there is no other place that says yes or no. */
type Rules = {
  /** Is this person signed in and allowed to be here at all? */
  enter: { question: Who; right: object };
  connect: { question: ConnectQuestion; right: ConnectRight };
  /** Asked about each call, and every second about each session of calls. */
  'call-aws': { question: CallQuestion; right: CallRight };
  /** Asked every second while a session runs, with the grant it was opened under and the end of its check-out. */
  continue: { question: Who & { access: GrantedAccess; grantId: string; until?: Date | null }; right: object };
  'redeem-ticket': {
    question: ConnectQuestion & {
      ticket: TicketFacts;
      session: SessionFacts;
      /** The session was requested under this one, and is opened under no other. */
      grantId: GrantId;
      until?: Date | null;
    };
    right: ConnectRight;
  };
  /** Come back to a session that runs, from whatever browser of its person. */
  attach: {
    question: Who & {
      session: SessionFacts;
      ticket: TicketFacts | null;
      access: GrantedAccess;
      grantId: string;
      until?: Date | null;
    };
    right: object;
  };
  /** Look at a session that runs. Asked again every second while somebody does. */
  watch: {
    question: Who & {
      session: SessionFacts;
      ticket: WatchTicketFacts | null;
      /** Of the session's person. */
      access: Pick<GrantedAccess, 'grants'>;
      grantId: string;
      /** What the identity API said of it; `null`: nothing. */
      allowsSnooping: boolean | null;
    };
    right: { isTold: boolean };
  };
  /** See the wall of live pictures at all; which of them is asked by `watch`. */
  'see-wall': { question: Who; right: object };
  'approve-host-key': { question: Who & { grant: GrantFacts }; right: object };
  'see-session': { question: Who & { session: SessionFacts }; right: object };
  'list-sessions': { question: Who; right: { scope: 'all' | 'own' } };
  'terminate-session': { question: Who & { session: SessionFacts }; right: object };
  'view-recording': { question: Who & { session: SessionFacts }; right: object };
  /** Take text out of a replay; `allowCopy` is what the session's policy said of its own person. */
  'copy-recording': { question: Who & { session: SessionFacts; allowCopy: boolean }; right: object };
  /** Have a recording read by the program that proves it, which shows nothing of it. */
  'verify-recording': { question: Who & { session: SessionFacts }; right: object };
  /** Search what stood on the screens of others. */
  'search-recordings': { question: Who; right: object };
  /** Keep a recording from being deleted. */
  'hold-recording': { question: Who; right: object };
  /** Ask for the end of a hold, or agree with whoever asked. Nobody frees the recording of their own session, or agrees with themselves. */
  'lift-hold': { question: Who & { session: Pick<SessionFacts, 'personId'>; askedBy: PersonId | null }; right: object };
  administer: { question: Who; right: object };
  /** See, search and export what everybody did. */
  'read-audit': { question: Who; right: object };
  /** See and revoke the sign-ins of this person. */
  'manage-logins': { question: Who & { ownerId: PersonId }; right: object };
};

export type Action = keyof Rules;
export type Question<A extends Action> = Rules[A]['question'];

type RuleBook = { [A in Action]: (question: Question<A>, now: Date) => Decision<Rules[A]['right']> };

/** May this person do this to that, now, and if not, why not. Pure: the same facts and time give the same answer. */
export function decide<A extends Action>(action: A, question: Question<A>, now: Date): Decision<Rules[A]['right']> {
  const presence = present(question, now, action);
  if (!presence.allow) return presence;
  return rules[action](question, now);
}

// A running session outlives the expiry of the sign-in that opened it, but not its revocation or the person's account.
// Who calls with a token instead of a sign-in is there as long as the token is.
function present(who: Who | { person: PersonFacts; token: TokenFacts }, now: Date, action: Action): Decision {
  if (who.person.disabledAt) return no('person_disabled');
  if ('token' in who) return who.token.revokedAt || who.token.expiresAt <= now ? no('token_ended') : yes;
  const { login } = who;
  if (login.revokedAt) return no('signed_out');
  if (action !== 'continue' && login.expiresAt <= now) return no('signed_out');
  return yes;
}

const rules: RuleBook = {
  enter: () => yes,
  connect: (question, now) => mayConnect(question, now),
  'call-aws': (question, now) => mayCallAws(question, now),
  continue: (question, now) => mayContinue(question, now),
  attach: (question, now) => {
    const { person, login, session, ticket } = question;
    if (session.personId !== person.id) return no('not_found');
    const isGood = !ticket || isTicketFor(ticket, { session, login, now });
    if (!isGood) return no('ticket_invalid');
    return session.state === 'active' ? mayContinue(question, now) : no('session_ended');
  },
  watch: (question, now) => mayWatch(question, now),
  'see-wall': ({ person }) => (hasRole(person, 'auditor') ? yes : no('forbidden')),
  'redeem-ticket': (question, now) => {
    const { person, login, ticket, session, grantId, until } = question;
    // Same sign-in from the shop to the socket: signing out there must end what runs here.
    const isTheirs = session.loginSessionId === login.id && session.personId === person.id;
    if (!isTheirs || !isTicketFor(ticket, { session, login, now })) return no('ticket_invalid');
    if (session.state !== 'requested') return no('session_ended');
    if (until && until <= now) return no('grant_ended');
    return mayConnect({ ...question, under: { grantId } }, now);
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
  'view-recording': (question) => mayView(question),
  'copy-recording': (question) => {
    const view = mayView(question);
    return !view.allow || question.allowCopy ? view : no('forbidden');
  },
  'verify-recording': ({ person }) => (hasRole(person, 'auditor', 'admin') ? yes : no('forbidden')),
  'search-recordings': ({ person }) => (hasRole(person, 'auditor') ? yes : no('forbidden')),
  'hold-recording': ({ person }) => (hasRole(person, 'auditor', 'admin') ? yes : no('forbidden')),
  'lift-hold': ({ person, session, askedBy }) => {
    if (!hasRole(person, 'auditor', 'admin')) return no('forbidden');
    if (session.personId === person.id) return no('own_hold');
    return askedBy === person.id ? no('second_person') : yes;
  },
  administer: ({ person }) => (hasRole(person, 'admin') ? yes : no('forbidden')),
  'read-audit': ({ person }) => (hasRole(person, 'auditor', 'admin') ? yes : no('forbidden')),
  'manage-logins': ({ person, ownerId }) => (person.id === ownerId || hasRole(person, 'admin') ? yes : no('not_found')),
};

// Administrators are not auditors unless someone made them so, and nobody reviews themselves.
function mayView({ person, session }: Who & { session: SessionFacts }): Decision {
  if (!hasRole(person, 'auditor')) return no('forbidden');
  return session.personId === person.id ? no('own_recording') : yes;
}

// Both the policy and whoever gave the credential have to agree. Nobody looks at themselves, so that no look is a way
// around a policy that lets nobody copy.
function mayWatch(question: Question<'watch'>, now: Date): Decision<{ isTold: boolean }> {
  const { person, login, session, ticket, access, grantId, allowsSnooping } = question;
  const isOwn = session.personId === person.id;
  if (!hasRole(person, 'auditor')) return no(isOwn || hasRole(person, 'admin') ? 'forbidden' : 'not_found');
  if (isOwn) return no('own_recording');
  const isGood = !ticket || (ticket.viewerId === person.id && isTicketFor(ticket, { session, login, now }));
  if (!isGood) return no('ticket_invalid');
  if (session.state !== 'active') return no('not_running');
  const policy = access.grants.find(({ id }) => id === grantId)?.policy;
  if (!policy?.allowSnooping || !allowsSnooping) return no('not_watchable');
  return { allow: true, isTold: policy.tellWatched };
}

function mayContinue({ access, grantId, until }: Question<'continue'>, now: Date): Decision {
  if (access.computer.disabledAt) return no('computer_disabled');
  const grant = access.grants.find((candidate) => candidate.id === grantId);
  if (!grant) return no('grant_revoked');
  if (until && until <= now) return no('grant_ended');
  const problem = whyNotInForce(grant, now);
  return problem ? no(problem) : yes;
}

function isTicketFor(
  ticket: TicketFacts,
  { session, login, now }: { session: SessionFacts; login: LoginFacts; now: Date },
): boolean {
  const isTheirs = ticket.sessionId === session.id && ticket.loginSessionId === login.id;
  return isTheirs && !ticket.redeemedAt && ticket.expiresAt > now;
}

function hasRole(person: PersonFacts, ...wanted: PersonFacts['roles'][number][]): boolean {
  return wanted.some((role) => person.roles.includes(role));
}

export type { ConnectRight, Decision, LoginFacts, PersonFacts, Who };
export { whyNotInForce };

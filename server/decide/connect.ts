import type { ErrorCode } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { type Decision, no } from './decision.ts';
import type {
  AccessFacts,
  CredentialChoice,
  GrantFacts,
  PickedCredential,
  RightChoice,
  SharedCredentialFacts,
  Who,
} from './facts.ts';

/** May this person work on this computer, with this credential (its own unless said), under one of these rights? */
export type ConnectQuestion = Who & { access: AccessFacts; credential?: CredentialChoice; under?: RightChoice };

/** `credentialId` is null for a credential that is kept elsewhere. */
export type ConnectRight = { grant: GrantFacts; credentialId: CredentialId | null; isPersonal: boolean };

/** The first right in force, of those asked for, that gives the credential that is asked for. */
export function mayConnect(question: ConnectQuestion, now: Date): Decision<ConnectRight> {
  const { computer, grants } = question.access;
  if (computer.disabledAt) return no('computer_disabled');
  const inForce = grants.filter((grant) => !whyNotInForce(grant, now));
  const candidates = candidatesOf(question, inForce, now);
  if (!candidates.allow) return candidates;
  const answers = candidates.grants.map((grant) => mayUse(question, grant, inForce));
  return answers.find(({ allow }) => allow) ?? no(mostTelling(answers));
}

function candidatesOf(
  { access: { grants }, under }: ConnectQuestion,
  inForce: readonly GrantFacts[],
  now: Date,
): Decision<{ grants: readonly GrantFacts[] }> {
  if (under && 'grantId' in under) {
    const grant = grants.find(({ id }) => id === under.grantId);
    const problem = grant ? whyNotInForce(grant, now) : 'no_grant';
    return grant && !problem ? { allow: true, grants: [grant] } : no(problem ?? 'no_grant');
  }
  if (inForce.length === 0) return no(nearestReason(grants, now));
  const chosen = under ? inForce.filter((grant) => isUnder(grant, under)) : inForce;
  return chosen.length > 0 ? { allow: true, grants: chosen } : no('right_changed');
}

function isUnder(grant: GrantFacts, { policyId, accessLevelId }: Extract<RightChoice, { policyId: unknown }>): boolean {
  return grant.policy.id === policyId && (accessLevelId === undefined || levelOf(grant) === accessLevelId);
}

const levelOf = ({ accessLevel }: GrantFacts) => accessLevel?.id ?? null;

/** May the person use this credential under this right? `inForce`: all their rights here, for what it refers to. */
function mayUse(
  { person, access, credential = { kind: 'of-computer' } }: ConnectQuestion,
  grant: GrantFacts,
  inForce: readonly GrantFacts[],
): Decision<ConnectRight> {
  if (credential.kind === 'elsewhere') return { allow: true, grant, credentialId: null, isPersonal: false };
  const missing = credential.kind === 'chosen' ? 'no_shared_credentials' : 'no_credential';
  const picked = credential.kind === 'chosen' ? credential.credential : standardOf(access);
  if (!picked) return no(missing);
  const isPersonal = picked.ownerId !== null;
  const problem = isPersonal
    ? whyNotPersonal(picked, person, grant)
    : whyNotShared({ access, grant, inForce }, picked.id, missing);
  return problem ? no(problem) : { allow: true, grant, credentialId: picked.id, isPersonal };
}

function standardOf({ computer: { sharedCredentialId } }: AccessFacts): PickedCredential | null {
  return sharedCredentialId && { id: sharedCredentialId, ownerId: null, reference: null };
}

function whyNotPersonal(
  { ownerId, reference }: PickedCredential,
  person: Who['person'],
  { policy }: GrantFacts,
): ErrorCode | undefined {
  if (ownerId !== person.id) return 'not_your_credential';
  if (!policy.allowPersonal) return 'personal_not_allowed';
  return reference && reference.ownerId !== person.id ? 'reference_not_allowed' : undefined;
}

type SharedUse = { access: AccessFacts; grant: GrantFacts; inForce: readonly GrantFacts[] };

// A shared one is for the computers that have it, at the level it is for, whoever names it.
function whyNotShared(
  { access: { credentials }, grant, inForce }: SharedUse,
  id: CredentialId,
  missing: ErrorCode,
): ErrorCode | undefined {
  const found = credentials.find((one) => one.id === id && one.accessLevelId === levelOf(grant));
  if (!found) return missing;
  const secret = secretOf(found, credentials, inForce);
  if (!secret) return 'reference_not_allowed';
  if (found.isSuspended || secret.isSuspended) return 'credential_suspended';
  const isTaken = found.inUse === 'exclusive' || (grant.policy.exclusiveCheckOut && found.inUse !== 'no');
  return isTaken ? 'checked_out' : undefined;
}

/** Whose secret it is: its own, or that of one more step, which the person must be allowed to use here as well. */
function secretOf(
  found: SharedCredentialFacts,
  credentials: readonly SharedCredentialFacts[],
  inForce: readonly GrantFacts[],
): SharedCredentialFacts | undefined {
  if (!found.referenceId) return found;
  return credentials.find(
    (one) =>
      one.id === found.referenceId && !one.referenceId && inForce.some((grant) => levelOf(grant) === one.accessLevelId),
  );
}

const telling: readonly ErrorCode[] = [
  'not_your_credential',
  'credential_suspended',
  'checked_out',
  'reference_not_allowed',
  'personal_not_allowed',
  'no_shared_credentials',
];

/** Of several rights that all say no, the reason that somebody can do something about. */
function mostTelling(answers: readonly Decision[]): ErrorCode {
  const reasons = new Set(answers.flatMap((answer) => (answer.allow ? [] : [answer.reason])));
  return telling.find((reason) => reasons.has(reason)) ?? 'no_credential';
}

/** Why a grant gives nothing at this moment; `undefined` while it is in force. `endsAt` itself is already too late. */
export function whyNotInForce(
  grant: Pick<GrantFacts, 'startsAt' | 'endsAt' | 'revokedAt'>,
  now: Date,
): ErrorCode | undefined {
  if (grant.revokedAt) return 'grant_revoked';
  if (grant.startsAt && grant.startsAt > now) return 'grant_not_started';
  if (grant.endsAt && grant.endsAt <= now) return 'grant_ended';
  return undefined;
}

// The most hopeful reason first: someone whose access starts tomorrow should read that, not that an old grant was revoked.
export function nearestReason(
  grants: readonly Pick<GrantFacts, 'startsAt' | 'endsAt' | 'revokedAt'>[],
  now: Date,
): ErrorCode {
  const reasons = new Set(grants.map((grant) => whyNotInForce(grant, now)));
  const order: ErrorCode[] = ['grant_not_started', 'grant_ended', 'grant_revoked'];
  return order.find((reason) => reasons.has(reason)) ?? 'no_grant';
}

import type { ErrorCode } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { whyNotInForce } from './connect.ts';
import { decide } from './decide.ts';
import type { AccessFacts, GrantFacts, PickedCredential, Who } from './facts.ts';

/** A credential that may be chosen under a right, or why it may not just now. */
export type OfferedCredential = { id: CredentialId; isPersonal: boolean; problem: ErrorCode | null };
export type OfferedRight = { grant: GrantFacts; credentials: readonly OfferedCredential[] };

type Offering = Who & { access: AccessFacts; personal: readonly PickedCredential[] };

/**
 * What Advanced Mode offers: each right in force, once for each policy and access level, with every credential that is
 * there for it. Asked of `decide` one by one, in the words of a launch: what is offered is what would be given.
 */
export function offeredRights({ person, login, access, personal }: Offering, now: Date): OfferedRight[] {
  if (access.computer.disabledAt) return [];
  const shared = access.credentials.map(({ id }) => ({ id, ownerId: null, reference: null }));
  const candidates = [...new Map([...shared, ...personal].map((one) => [one.id, one])).values()];
  return distinct(access.grants.filter((grant) => !whyNotInForce(grant, now))).map((grant) => {
    const under = { policyId: grant.policy.id, accessLevelId: grant.accessLevel?.id ?? null };
    const credentials = candidates.flatMap((credential) => {
      const question = { person, login, access, credential: { kind: 'chosen', credential }, under } as const;
      const decision = decide('connect', question, now);
      const problem = decision.allow ? null : decision.reason;
      const isThere = problem !== 'no_shared_credentials' && problem !== 'personal_not_allowed';
      return isThere ? [{ id: credential.id, isPersonal: credential.ownerId !== null, problem }] : [];
    });
    return { grant, credentials };
  });
}

/** Is there anything to choose in Advanced Mode that could be worked with at this moment? */
export function isAnythingOffered(offering: Offering, now: Date): boolean {
  return offeredRights(offering, now).some(({ credentials }) => credentials.some(({ problem }) => !problem));
}

function distinct(grants: readonly GrantFacts[]): GrantFacts[] {
  const keyOf = ({ policy, accessLevel }: GrantFacts) => `${policy.id} ${accessLevel?.id}`;
  const first = new Map<string, GrantFacts>();
  for (const grant of grants) if (!first.has(keyOf(grant))) first.set(keyOf(grant), grant);
  return [...first.values()];
}

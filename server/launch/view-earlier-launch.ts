import type { Tx } from '../../db/connect.ts';
import { loadAccessById } from '../../db/queries/access-facts.ts';
import { findCheckOut } from '../../db/queries/check-outs.ts';
import { findLaunch, type LaunchRow } from '../../db/queries/launches.ts';
import { findLogin } from '../../db/queries/logins.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import type { GrantedAccess } from '../decide/facts.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import {
  type AccessLevelId,
  type CheckOutId,
  type ComputerGuid,
  type ComputerId,
  type CredentialId,
  isUuid,
  type LaunchId,
  type LoginSessionId,
  type PolicyId,
} from '../ids.ts';

/** A launch that its own person made in an earlier sign-in: in this one it opens nothing, but may be begun anew. */
export type EarlierLaunch = {
  computerName: string;
  /** What Connect has to claim for the same; null when another shop made the launch. */
  again: {
    computerGuid: ComputerGuid;
    policyId: PolicyId;
    credentialId: CredentialId;
    accessLevelId?: AccessLevelId | null;
  } | null;
  /** Where it came from, if that is the origin of a site. */
  origin: string | null;
};

/**
 * What somebody reads who had to sign in before the page of their launch: it belongs to the sign-in that it names, which
 * is over or in another browser. Everybody else, and who may not work at the computer, is told that it has expired.
 */
export async function viewEarlierLaunch(
  ctx: Context,
  actor: Actor,
  { launchId }: { launchId: LaunchId },
): Promise<Outcome<EarlierLaunch>> {
  const { db } = ctx.connection;
  const launch = isUuid(launchId) ? await findLaunch(db, launchId) : undefined;
  if (!launch || launch.openedAt) return refuse('access_expired');
  const { claims, origin } = launch;
  const login = await findLogin(db, claims.loginSessionId as LoginSessionId);
  if (login?.personId !== actor.person.id || login.id === actor.login.id) return refuse('access_expired');
  const access = await loadAccessById(db, actor.person.id, claims.computerId as ComputerId);
  if (!access) return refuse('access_expired');
  const decision = decide('connect', { ...actor, access, credential: { kind: 'elsewhere' } }, ctx.clock.now());
  if (!decision.allow) return refuse('access_expired');
  const again = claims.apiUrl === ctx.publicUrl ? await sameAgain(db, launch, { actor, access }) : null;
  return ok({ computerName: access.computer.name, again, origin: origin && asOrigin(origin) });
}

// Whoever is no browser can say anything there, and this is read by a person.
function asOrigin(text: string): string | null {
  return URL.canParse(text) && new URL(text).origin === text ? text : null;
}

async function sameAgain(
  tx: Tx,
  { claims }: LaunchRow,
  { actor, access }: { actor: Actor; access: GrantedAccess },
): Promise<EarlierLaunch['again']> {
  const checkOut = isUuid(claims.checkOutId) ? await findCheckOut(tx, claims.checkOutId as CheckOutId) : undefined;
  const isTheirs = checkOut?.personId === actor.person.id && checkOut.computerId === access.computer.id;
  const grant = access.grants.find(({ id }) => id === checkOut?.grantId);
  if (!isTheirs || !checkOut.credentialId || !grant) return null;
  return {
    computerGuid: access.computer.guid,
    policyId: grant.policy.id,
    credentialId: checkOut.credentialId,
    accessLevelId: grant.accessLevel?.id ?? null,
  };
}

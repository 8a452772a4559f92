import type { Tx } from '../../db/connect.ts';
import { loadAccessById } from '../../db/queries/access-facts.ts';
import { bindLaunch, type LaunchRow, lockLaunch } from '../../db/queries/launches.ts';
import { findCurrentTerms, hasAccepted, type TermsRow } from '../../db/queries/terms.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type ComputerId, isUuid, type LaunchId } from '../ids.ts';
import type { Mode } from '../protocol/session-words.ts';
import { type VaultState, vaultState } from '../vault/unlock.ts';

/** What the page of a launch shows before anything is typed into it. */
export type LaunchView = {
  launchId: LaunchId;
  computer: { name: string; mode: Mode };
  /** Host of the identity API that will be asked, and told the master password. */
  apiHost: string;
  isBuiltIn: boolean;
  /**
   * `nothing`: the person unlocked their key in this browser session, and the policy is content with that. `first`: they
   * have no master password yet.
   */
  ask: 'password' | 'nothing' | 'first';
  /** To be accepted first; null when there are none, or they were. */
  terms: TermsRow | null;
  /** Nothing is asked before this moment: an account may still be in the making. */
  readyAt: Date;
  expiresAt: Date;
};

/**
 * The page of a launch. Its first visitor is the one it belongs to from then on, provided that they own the sign-in that
 * it names; to everybody else it looks as if it had expired.
 */
export async function viewLaunch(
  ctx: Context,
  actor: Actor,
  { launchId, unlockCookie }: { launchId: LaunchId; unlockCookie: string | undefined },
): Promise<Outcome<LaunchView>> {
  if (!isUuid(launchId)) return refuse('access_expired');
  const now = ctx.clock.now();
  return ctx.audit.transact(async (tx, record) => {
    const launch = await lockLaunch(tx, launchId);
    if (!launch || launch.openedAt || launch.expiresAt <= now) return refuse('access_expired');
    const about = { actorId: actor.person.id };
    if (!(await bind(tx, launch, actor))) {
      record({ kind: 'launch.refused', ...about, subject: { launchId, code: 'access_expired' } });
      return refuse('access_expired');
    }
    const { origin, claims } = launch;
    if (!launch.personId)
      record({ kind: 'launch.bound', ...about, subject: { launchId, origin, apiUrl: claims.apiUrl } });
    return viewOf(ctx, tx, { actor, launch, unlockCookie });
  });
}

async function bind(tx: Tx, launch: LaunchRow, { person, login }: Actor): Promise<boolean> {
  if (launch.claims.loginSessionId !== login.id) return false;
  return bindLaunch(tx, launch.id, { personId: person.id, loginSessionId: login.id });
}

type Viewing = { actor: Actor; launch: LaunchRow; unlockCookie: string | undefined };

async function viewOf(ctx: Context, tx: Tx, { actor, launch, unlockCookie }: Viewing): Promise<Outcome<LaunchView>> {
  const { id: launchId, claims, createdAt, expiresAt } = launch;
  const access = await loadAccessById(tx, actor.person.id, claims.computerId as ComputerId);
  if (!access) return refuse('not_found');
  const decision = decide('connect', { ...actor, access, credential: { kind: 'elsewhere' } }, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const terms = (await findCurrentTerms(tx)) ?? null;
  const isBuiltIn = claims.apiUrl === ctx.publicUrl;
  const isEnough = decision.grant.policy.masterPassword === 'browser_session';
  const { name, mode } = access.computer;
  return ok({
    launchId,
    computer: { name, mode },
    apiHost: new URL(claims.apiUrl).host,
    isBuiltIn,
    ask: isBuiltIn ? asking[(await vaultState(ctx, actor, unlockCookie)).state](isEnough) : 'password',
    terms: terms && (await hasAccepted(tx, actor.person.id, terms)) ? null : terms,
    readyAt: new Date(createdAt.getTime() + claims.delaySeconds * 1000),
    expiresAt,
  });
}

const asking: Record<VaultState['state'], (isEnough: boolean) => LaunchView['ask']> = {
  none: () => 'first',
  locked: () => 'password',
  unlocked: (isEnough) => (isEnough ? 'nothing' : 'password'),
};

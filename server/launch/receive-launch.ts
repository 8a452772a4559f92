import { deleteLaunchesBefore, insertLaunch, keepNewestLaunches } from '../../db/queries/launches.ts';
import { findLogin } from '../../db/queries/logins.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type LaunchId, type LoginSessionId, newId } from '../ids.ts';
import { sealText } from '../vault/seal-text.ts';
import { parseLaunch } from './launch-parameters.ts';

/** How long a launch may wait for its page, and the page for a password. */
const launchLifeMs = 5 * 60_000;
/** How many launches of one sign-in wait for their page: more than anybody opens at once. */
export const mostWaiting = 20;
/** Launches that belong to somebody are kept a while after their end; nobody misses the others. */
const keepMs = 60 * 60_000;

export type LaunchArrival = {
  params: URLSearchParams;
  /** `Origin` of the request, as the browser said it. */
  origin: string | undefined;
  /** Origins of the identity APIs that may be asked. */
  apiUrls: readonly string[];
};

/**
 * Takes what a shop sent, from wherever, if it is well-formed. It is nobody's until a person opens its page. One that names
 * no sign-in that ever was could never be opened, so it is led to a page that has expired and leaves nothing: strangers
 * have no way to take the place of others here. Of a sign-in that is named again and again, the newest launches wait.
 */
export async function receiveLaunch(
  ctx: Context,
  { params, origin, apiUrls }: LaunchArrival,
): Promise<Outcome<{ launchId: LaunchId }>> {
  const parsed = parseLaunch(params, apiUrls);
  if (!parsed.ok) return refuse(parsed.problem);
  const { claims, ...keys } = parsed.launch;
  const now = ctx.clock.now();
  const id = newId<LaunchId>(now.getTime());
  const loginSessionId = claims.loginSessionId as LoginSessionId;
  const { db } = ctx.connection;
  if (!(await findLogin(db, loginSessionId))) return ok({ launchId: id });
  await deleteLaunchesBefore(db, { nobodys: now, any: new Date(now.getTime() - keepMs) });
  await insertLaunch(db, {
    id,
    origin: origin?.slice(0, 300) ?? null,
    claims,
    sealedKeys: sealText(ctx.keyring, launchKeysPurpose(id), JSON.stringify(keys)),
    createdAt: now,
    expiresAt: new Date(now.getTime() + launchLifeMs + claims.delaySeconds * 1000),
  });
  await keepNewestLaunches(db, loginSessionId, mostWaiting);
  return ok({ launchId: id });
}

export function launchKeysPurpose(id: LaunchId): string {
  return `launch/${id}`;
}

import { countNobodysLaunches, deleteLaunchesBefore, insertLaunch } from '../../db/queries/launches.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type LaunchId, newId } from '../ids.ts';
import { sealText } from '../vault/seal-text.ts';
import { parseLaunch } from './launch-parameters.ts';

/** How long a launch may wait for its page, and the page for a password. */
export const launchLifeMs = 5 * 60_000;
/** Launches that belong to somebody are kept a while after that; nobody misses the others. */
/** From many addresses together, so that nobody can fill the disk: a hundred times what a busy shop sends. */
export const mostWaiting = 20_000;
const keepMs = 60 * 60_000;

export type LaunchArrival = {
  params: URLSearchParams;
  /** `Origin` of the request, as the browser said it. */
  origin: string | undefined;
  /** Origins of the identity APIs that may be asked. */
  apiUrls: readonly string[];
};

/** Takes what a shop sent, from wherever, if it is well-formed. It is nobody's until a person opens its page. */
export async function receiveLaunch(
  ctx: Context,
  { params, origin, apiUrls }: LaunchArrival,
): Promise<Outcome<{ launchId: LaunchId }>> {
  const parsed = parseLaunch(params, apiUrls);
  if (!parsed.ok) return refuse(parsed.problem);
  const { claims, ...keys } = parsed.launch;
  const now = ctx.clock.now();
  const id = newId<LaunchId>(now.getTime());
  const { db } = ctx.connection;
  await deleteLaunchesBefore(db, { nobodys: now, any: new Date(now.getTime() - keepMs) });
  if ((await countNobodysLaunches(db)) >= mostWaiting) return refuse('too_many_attempts', { seconds: 60 });
  await insertLaunch(db, {
    id,
    origin: origin?.slice(0, 300) ?? null,
    claims,
    sealedKeys: sealText(ctx.keyring, launchKeysPurpose(id), JSON.stringify(keys)),
    createdAt: now,
    expiresAt: new Date(now.getTime() + launchLifeMs + claims.delaySeconds * 1000),
  });
  return ok({ launchId: id });
}

export function launchKeysPurpose(id: LaunchId): string {
  return `launch/${id}`;
}

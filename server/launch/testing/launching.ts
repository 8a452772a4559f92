import { loadAccess } from '../../../db/queries/access-facts.ts';
import { valueIn } from '../../../db/testing/value-in.ts';
import type { Actor, Context } from '../../context.ts';
import type { Outcome } from '../../errors.ts';
import type { ComputerGuid, LaunchId, SessionId } from '../../ids.ts';
import { ConnectComputerInputSchema, connectComputer, type StartForm } from '../connect-computer.ts';
import { openLaunch } from '../open-launch.ts';
import { receiveLaunch } from '../receive-launch.ts';
import { acceptTerms, readTerms } from '../terms.ts';
import { viewLaunch } from '../view-launch.ts';

export const screen = { GUAC_WIDTH: '1280', GUAC_HEIGHT: '720', GUAC_DPI: '96' };

/** Connect, as the shop's button does it: with what the shop would claim, and the terms accepted. */
export async function connectAs(
  ctx: Context,
  actor: Actor,
  computerGuid: ComputerGuid,
  claims: Partial<Record<string, unknown>> = {},
  isDraining = async () => false,
): Promise<Outcome<StartForm>> {
  const { terms, accepted } = valueIn(await readTerms(ctx, actor));
  if (terms && !accepted) valueIn(await acceptTerms(ctx, actor, terms));
  const access = await loadAccess(ctx.connection.db, actor.person.id, computerGuid);
  const now = ctx.clock.now();
  const grant = access?.grants.find(
    ({ startsAt, endsAt, revokedAt }) => !revokedAt && !(startsAt && startsAt > now) && !(endsAt && endsAt <= now),
  );
  const policyId = grant?.policy.id ?? actor.person.id;
  const usual = {
    targetPersonGuid: actor.person.id,
    accessRequestPolicyId: policyId,
    targetComputerGuid: computerGuid,
    isAdvanceMode: false,
  };
  return connectComputer(ctx, actor, ConnectComputerInputSchema.parse({ ...usual, ...claims }), { isDraining });
}

/** A launch that waits on its page for the proof of its person. */
export async function launchAs(ctx: Context, actor: Actor, computerGuid: ComputerGuid): Promise<LaunchId> {
  const form = valueIn(await connectAs(ctx, actor, computerGuid));
  return boundLaunch(ctx, actor, { ...form, ...screen });
}

/** A session whose credential an identity API has just given: it waits for its ticket. */
export async function requestedAs(ctx: Context, actor: Actor, computerGuid: ComputerGuid): Promise<SessionId> {
  const launchId = await launchAs(ctx, actor, computerGuid);
  const answer = { UserName: 'operator', Password: 'secret', Server: 'db1.example' };
  const ports = {
    getCredential: async () => ({ ok: true, answer }) as const,
    hold: () => undefined,
    hasRoom: async () => true,
  };
  return valueIn(await openLaunch(ctx, actor, { launchId, password: 'right' }, ports)).sessionId;
}

export async function boundLaunch(
  ctx: Context,
  actor: Actor,
  form: Record<string, string>,
  apiUrls = [ctx.publicUrl],
): Promise<LaunchId> {
  const params = new URLSearchParams(form);
  const { launchId } = valueIn(await receiveLaunch(ctx, { params, origin: ctx.publicUrl, apiUrls }));
  valueIn(await viewLaunch(ctx, actor, { launchId, unlockCookie: undefined }));
  return launchId;
}

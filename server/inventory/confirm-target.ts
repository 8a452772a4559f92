import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { lockAddresses } from '../../db/queries/credential-targets.ts';
import {
  bindAnewAt,
  countWaiting,
  hasForgottenKey,
  lockSuspendedTarget,
  pageOfWaiting,
  type SuspendedTarget,
  type WaitingTarget,
} from '../../db/queries/suspensions.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { CredentialId, PersonId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { SuspensionSort } from '../protocol/list-sorts.ts';
import { idSchema, PortSchema, ServerSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export type { WaitingTarget };

/** Where shared secrets wait to be confirmed. */
export async function listWaitingTargets(
  ctx: Context,
  actor: Actor,
  query: ListQuery<SuspensionSort>,
): Promise<Outcome<Page<WaitingTarget>>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await pageOfWaiting(ctx.connection.db, query));
}

/** How many there are. */
export async function countWaitingTargets(ctx: Context, actor: Actor): Promise<Outcome<number>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await countWaiting(ctx.connection.db));
}

export const ConfirmTargetInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  server: ServerSchema,
  port: PortSchema,
  /** As it was shown to whoever confirms it: something else that is there by now is not confirmed with it. */
  at: z.coerce.date(),
  pinned: z.string().max(100).nullable(),
});

/**
 * Lets a shared secret go where it waits, with the host key that is pinned there. Four eyes: an administrator, and not
 * the one by whose change it waits. That one can enter the secret again instead, and so prove to know it.
 */
export async function confirmTarget(
  ctx: Context,
  actor: Actor,
  { at, pinned, ...target }: z.output<typeof ConfirmTargetInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    await lockAddresses(tx, [target]);
    const waiting = await lockSuspendedTarget(tx, target);
    if (!waiting) return refuse('not_found');
    if (await isBy(tx, actor.person.id, waiting)) return byYou;
    if (waiting.at.getTime() !== at.getTime() || waiting.pinned !== pinned) return somethingElse;
    await bindAnewAt(tx, target);
    const subject = { ...target, how: 'confirmed' as const, suspendedBy: waiting.by };
    record({ kind: 'credential.resumed', actorId: actor.person.id, subject });
    await notify(tx, 'access_changed', {});
    return ok(undefined);
  });
}

// Whoever takes a pinned key back has a part in what comes in its place, also when somebody else approves that.
async function isBy(tx: Tx, personId: PersonId, { by, hostKey, server, port }: SuspendedTarget): Promise<boolean> {
  if (by === personId) return true;
  return hostKey !== null && (await hasForgottenKey(tx, { personId, server, port, fingerprint: hostKey }));
}

const byYou: Refusal = refuse('conflict', {
  problem:
    'It waits because of a change of yours, so another administrator has to confirm it. Or enter the secret again.',
});

const somethingElse: Refusal = refuse('conflict', {
  problem: 'This has changed since the list was loaded. Load the page again and look at it once more.',
});

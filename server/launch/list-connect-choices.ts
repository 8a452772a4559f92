import { z } from 'zod';
import { loadAccess } from '../../db/queries/access-facts.ts';
import { findCredentialNames, findOwnCredentials } from '../../db/queries/credential-facts.ts';
import type { Actor, Context } from '../context.ts';
import { offeredRights } from '../decide/choices.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse, sentenceOf } from '../errors.ts';
import type { ComputerGuid, CredentialId } from '../ids.ts';
import { idSchema } from '../inventory/input-fields.ts';
import type { RecordKind } from '../protocol/session-words.ts';
import { rightOf, type ShopRight } from './list-shop.ts';

export const ConnectChoicesInputSchema = z.object({
  computerGuid: idSchema<ComputerGuid>('Choose a computer in the shop.'),
});

export type CredentialOffer = {
  id: CredentialId;
  name: string;
  username: string;
  type: RecordKind;
  isPersonal: boolean;
  /** Why it cannot be chosen just now; `null` when it can. */
  problem: string | null;
};

/** A right that somebody has, and the credentials that they may choose under it. */
export type RightOffer = ShopRight & { credentials: CredentialOffer[] };

/**
 * What Advanced Mode lets this person choose at a computer: every right in force, the strictest first, with the shared
 * credentials of its level and their own. Refuses as Connect does when no right is in force.
 */
export async function listConnectChoices(
  ctx: Context,
  actor: Actor,
  { computerGuid }: z.output<typeof ConnectChoicesInputSchema>,
): Promise<Outcome<RightOffer[]>> {
  const { db } = ctx.connection;
  const now = ctx.clock.now();
  const access = await loadAccess(db, actor.person.id, computerGuid);
  if (!access) return refuse('not_found');
  const decision = decide('connect', { ...actor, access, credential: { kind: 'elsewhere' } }, now);
  if (!decision.allow) return refuse(decision.reason);
  const personal = await findOwnCredentials(db, actor.person.id);
  const names = await findCredentialNames(
    db,
    access.credentials.map(({ id }) => id),
  );
  for (const { id, name, username, type } of personal) names.set(id, { id, name, username, type });
  const rights = offeredRights({ ...actor, access, personal }, now);
  return ok(
    rights.map(({ grant, credentials }) => ({
      ...rightOf(grant),
      credentials: credentials.flatMap(({ id, isPersonal, problem }) => {
        const named = names.get(id);
        return named ? [{ ...named, isPersonal, problem: problem && sentenceOf(refuse(problem)) }] : [];
      }),
    })),
  );
}

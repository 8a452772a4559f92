import { z } from 'zod';
import { type ChoiceQuery, findCredentials } from '../../db/queries/credential-lists.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import type { FoundChoice } from '../protocol/list-query.ts';
import { recordKinds } from '../protocol/session-words.ts';
import { FindChoicesInputSchema } from './find-choices.ts';
import { optionalIdSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

type Choices = Outcome<readonly FoundChoice[]>;

/** The shared credentials that a computer may be given. */
export async function findCredentialChoices(
  ctx: Context,
  actor: Actor,
  { search }: z.output<typeof FindChoicesInputSchema>,
): Promise<Choices> {
  return refuseNonAdministrator(ctx, actor) ?? found(ctx, { ownerId: null, search });
}

/** `except`: the credential that is changed, which cannot refer to itself. */
export const FindReferenceChoicesInputSchema = FindChoicesInputSchema.extend({
  type: z.enum(recordKinds),
  except: optionalIdSchema<CredentialId>(),
});
type FindReferenceChoicesInput = z.output<typeof FindReferenceChoicesInputSchema>;

/** The shared credentials whose secret another shared one of this kind may use. */
export async function findReferenceChoices(
  ctx: Context,
  actor: Actor,
  { search, ...referenceFor }: FindReferenceChoicesInput,
): Promise<Choices> {
  return refuseNonAdministrator(ctx, actor) ?? found(ctx, { ownerId: null, search, referenceFor });
}

/** The same among the actor's own. */
export async function findOwnReferenceChoices(
  ctx: Context,
  actor: Actor,
  { search, ...referenceFor }: FindReferenceChoicesInput,
): Promise<Choices> {
  return found(ctx, { ownerId: actor.person.id, search, referenceFor });
}

async function found(ctx: Context, query: ChoiceQuery): Promise<Choices> {
  return ok(await findCredentials(ctx.connection.db, query));
}

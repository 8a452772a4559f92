import { z } from 'zod';
import { listSharedCredentials, type SharedCredential, setStar } from '../../db/queries/credential-lists.ts';
import { findCredential } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialId, PersonId } from '../ids.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { CredentialSort } from '../protocol/list-sorts.ts';
import { idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** A shared credential as an administrator sees it. Nobody sees its secret again, not even who entered it. */
export type CredentialRow = SharedCredential;

export async function listCredentials(
  ctx: Context,
  actor: Actor,
  query: ListQuery<CredentialSort>,
): Promise<Outcome<Page<CredentialRow>>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  return refusal ?? ok(await listSharedCredentials(ctx.connection.db, actor.person.id, query));
}

export const SetFavoriteInputSchema = z.object({ credentialId: idSchema<CredentialId>(), isFavorite: z.boolean() });
type SetFavoriteInput = z.output<typeof SetFavoriteInputSchema>;

/** Gives a shared credential the actor's star, or takes it away. A star is a convenience: it leaves no evidence. */
export async function setCredentialFavorite(
  ctx: Context,
  actor: Actor,
  input: SetFavoriteInput,
): Promise<Outcome<undefined>> {
  return refuseNonAdministrator(ctx, actor) ?? star(ctx, actor, { ...input, ownerId: null });
}

/** The same for one of the actor's own credentials. */
export async function setOwnCredentialFavorite(
  ctx: Context,
  actor: Actor,
  input: SetFavoriteInput,
): Promise<Outcome<undefined>> {
  return star(ctx, actor, { ...input, ownerId: actor.person.id });
}

async function star(
  { connection: { db } }: Context,
  { person }: Actor,
  { ownerId, credentialId, isFavorite }: SetFavoriteInput & { ownerId: PersonId | null },
): Promise<Outcome<undefined>> {
  if (!(await findCredential(db, ownerId, credentialId))) return refuse('not_found');
  await setStar(db, { personId: person.id, credentialId }, isFavorite);
  return ok(undefined);
}

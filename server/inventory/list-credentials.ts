import { listSharedCredentials, type SharedCredential } from '../../db/queries/credentials.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** A shared credential as an administrator sees it. Nobody sees its secret again, not even who entered it. */
export type CredentialRow = SharedCredential;

export async function listCredentials(ctx: Context, actor: Actor): Promise<Outcome<CredentialRow[]>> {
  return refuseNonAdministrator(ctx, actor) ?? ok(await listSharedCredentials(ctx.connection.db));
}

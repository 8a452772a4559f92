import { encode } from 'next-auth/jwt';
import type { Tx } from '../../../db/connect.ts';
import { aLogin, type PersonRow } from '../../../db/testing/builders.ts';
import { valueIn } from '../../../db/testing/value-in.ts';
import type { Actor, Context } from '../../context.ts';
import { whoIs } from '../../people/who-is.ts';

export type SignedIn = { actor: Actor; cookieHeader: string };

/** A sign-in of this person with its cookie, as a browser would send it, and the actor that the cookie stands for. */
export async function signIn(
  ctx: Context,
  person: PersonRow,
  login: NonNullable<Parameters<typeof aLogin>[2]> = {},
): Promise<SignedIn> {
  const tx: Tx = ctx.connection.db;
  const { id } = await aLogin(tx, person, login);
  const token = await encode({ token: { sid: id }, secret: ctx.keyring.authSecret });
  const cookieHeader = `theme=dark; sallyport.session=${token}`;
  return { actor: valueIn(await whoIs(ctx, cookieHeader)), cookieHeader };
}

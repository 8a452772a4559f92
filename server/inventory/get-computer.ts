import { type ComputerPlace, listPlaces } from '../../db/queries/computer-places.ts';
import {
  type ComputerWithCredential,
  type FurtherCredential,
  findComputer,
  listFurtherCredentials,
} from '../../db/queries/computers.ts';
import { addressesOf } from '../../db/queries/credential-targets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { ComputerId } from '../ids.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export type ComputerDetail = {
  computer: ComputerWithCredential;
  further: FurtherCredential[];
  places: ComputerPlace[];
};

/** All about one computer: its credentials by name, its servers, their host keys and what waits there. */
export async function getComputer(ctx: Context, actor: Actor, computerId: number): Promise<Outcome<ComputerDetail>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const isId = Number.isSafeInteger(computerId) && computerId > 0;
  const computer = isId ? await findComputer(db, computerId as ComputerId) : undefined;
  if (!computer) return refuse('not_found');
  const further = await listFurtherCredentials(db, computer.computerId);
  const own = computer.sharedCredential ? [computer.sharedCredential] : [];
  const ids = [...own, ...further].map(({ credentialId }) => credentialId);
  return ok({ computer, further, places: await listPlaces(db, addressesOf(computer), ids) });
}

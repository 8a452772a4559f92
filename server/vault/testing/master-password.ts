import { insertPersonKey } from '../../../db/queries/person-keys.ts';
import type { Context } from '../../context.ts';
import type { PersonId } from '../../ids.ts';
import { createPersonKey } from '../person-key.ts';

export const masterPassword = 'seven geese over the harbour';

/** Gives a person this master password, past the use case; answers their public key. */
export async function withMasterPassword(ctx: Context, personId: PersonId, password = masterPassword) {
  const key = await createPersonKey(ctx.keyring, personId, password);
  await insertPersonKey(ctx.connection.db, key, ctx.clock.now());
  return key;
}

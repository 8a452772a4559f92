'use server';

import { z } from 'zod';
import { withPerson } from '#app/with-person.ts';
import {
  type Actor,
  ChangeMasterPasswordInputSchema,
  type Context,
  changeMasterPassword as changeUseCase,
  lock as lockUseCase,
  type Outcome,
  SeeNoticeInputSchema,
  SetMasterPasswordInputSchema,
  seeNotice as seeNoticeUseCase,
  setMasterPasswordByLink as setByLinkUseCase,
  setMasterPassword as setUseCase,
  UnlockInputSchema,
  UseMasterPasswordLinkInputSchema,
} from '#server/portal.ts';
import { forgetUnlock, unlockHere } from './unlock-cookie.ts';

export const unlock = withPerson(UnlockInputSchema, (ctx, actor, { password }) => unlockHere(ctx, actor, password));

export const lock = withPerson(z.object({}), async (ctx, actor) => {
  await forgetUnlock();
  return lockUseCase(ctx, actor);
});

export const seeNotice = withPerson(SeeNoticeInputSchema, seeNoticeUseCase);

// Whoever has just typed a new master password is not asked for it again: this browser is unlocked as well.
export const setMasterPassword = withPerson(SetMasterPasswordInputSchema, async (ctx, actor, input) =>
  unlockedAfter(ctx, actor, { outcome: await setUseCase(ctx, actor, input), password: input.password }),
);

export const setMasterPasswordByLink = withPerson(UseMasterPasswordLinkInputSchema, async (ctx, actor, input) =>
  unlockedAfter(ctx, actor, { outcome: await setByLinkUseCase(ctx, actor, input), password: input.password }),
);

export const changeMasterPassword = withPerson(ChangeMasterPasswordInputSchema, async (ctx, actor, input) =>
  unlockedAfter(ctx, actor, { outcome: await changeUseCase(ctx, actor, input), password: input.next }),
);

type Set = { outcome: Outcome<undefined>; password: string };

async function unlockedAfter(ctx: Context, actor: Actor, { outcome, password }: Set): Promise<Outcome<undefined>> {
  if (outcome.ok) await unlockHere(ctx, actor, password);
  return outcome;
}

'use server';

import { z } from 'zod';
import { personIdField, textField } from '#app/input.ts';
import { withPerson } from '#app/with-person.ts';
import {
  changePerson as changePersonUseCase,
  createPerson as createPersonUseCase,
  PersonFieldsSchema,
  publicUrl,
  ResetMasterPasswordInputSchema,
  resetMasterPassword as resetMasterPasswordUseCase,
  setPassword as setPasswordUseCase,
  setPersonDisabled as setPersonDisabledUseCase,
} from '#server/portal.ts';

export const createPerson = withPerson(PersonFieldsSchema.extend({ password: textField }), createPersonUseCase);
export const changePerson = withPerson(PersonFieldsSchema.extend({ personId: personIdField }), changePersonUseCase);
export const setPersonDisabled = withPerson(
  z.object({ personId: personIdField, disabled: z.boolean() }),
  setPersonDisabledUseCase,
);
export const setPassword = withPerson(z.object({ personId: personIdField, password: textField }), setPasswordUseCase);
export const resetMasterPassword = withPerson(ResetMasterPasswordInputSchema, async (ctx, actor, input) => {
  const reset = await resetMasterPasswordUseCase(ctx, actor, input);
  if (!reset.ok) return reset;
  const { path, expiresAt, destroyed } = reset.value;
  return { ok: true, value: { link: `${publicUrl()}${path}`, expiresAt, destroyed } };
});

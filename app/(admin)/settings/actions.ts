'use server';

import { withPerson } from '#app/with-person.ts';
import { ChangeSettingInputSchema, changeSetting as changeSettingUseCase } from '#server/portal.ts';

export const changeSetting = withPerson(ChangeSettingInputSchema, changeSettingUseCase);

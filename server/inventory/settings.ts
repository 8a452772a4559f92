import { z } from 'zod';
import {
  deleteSetting,
  listStoredSettings,
  lockSettings,
  readSettings,
  storeSetting,
} from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { followRetention } from '../desk/retention.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import {
  definitionOf,
  readSetting,
  type SettingName,
  type Settings,
  type SettingValue,
  settingInWords,
  settingNames,
} from '../protocol/settings.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

export const ChangeSettingInputSchema = z.object({
  name: z.enum(settingNames, 'Choose a setting from the list.'),
  /** null: back to its default. */
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});

/** Sets one setting for everybody. It counts from the next use on, in every process. */
export async function changeSetting(
  ctx: Context,
  actor: Actor,
  { name, value }: z.output<typeof ChangeSettingInputSchema>,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const wanted = readSetting(name, value ?? definitionOf(name).byDefault);
  if (!wanted.ok) return refuse('invalid_input', { problem: wanted.problem, field: 'value' });
  return ctx.audit.transact(async (tx, record) => {
    await lockSettings(tx);
    const before = (await readSettings(tx))[name];
    if (value === null) await deleteSetting(tx, name);
    else {
      const { id: changedBy } = actor.person;
      await storeSetting(tx, { name, value: wanted.value, changedAt: ctx.clock.now(), changedBy });
    }
    if (before === wanted.value) return ok(undefined);
    const subject = { setting: name, from: settingInWords(name, before), to: settingInWords(name, wanted.value) };
    record({ kind: 'setting.changed', actorId: actor.person.id, subject });
    if (name === 'retentionDays') await followRetention(tx, record, { actorId: actor.person.id, now: ctx.clock.now() });
    return ok(undefined);
  });
}

export type SettingRow = {
  name: SettingName;
  value: SettingValue;
  /** `null`: nobody set it, and its default counts. */
  changed: { at: Date; by: string | null } | null;
};

/** Every setting with the value that counts now. */
export async function listSettings(ctx: Context, actor: Actor): Promise<Outcome<SettingRow[]>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const values = await readSettings(db);
  const stored = new Map((await listStoredSettings(db)).map((row) => [row.name, row]));
  return ok(
    settingNames.map((name) => {
      const row = stored.get(name);
      return { name, value: values[name], changed: row ? { at: row.changedAt, by: row.changedBy } : null };
    }),
  );
}

/** The settings that everybody meets: what a new password must be like, how long an unlock lasts, whom to ask. */
export type HouseRules = Pick<
  Settings,
  'minPasswordLength' | 'minMasterPasswordLength' | 'unlockHours' | 'helpContact'
>;

export async function readHouseRules(ctx: Context): Promise<HouseRules> {
  const { minPasswordLength, minMasterPasswordLength, unlockHours, helpContact } = await readSettings(
    ctx.connection.db,
  );
  return { minPasswordLength, minMasterPasswordLength, unlockHours, helpContact };
}

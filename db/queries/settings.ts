import { eq, sql } from 'drizzle-orm';
import type { PersonId } from '../../server/ids.ts';
import { type SettingName, type Settings, type SettingValue, settingsFrom } from '../../server/protocol/settings.ts';
import type { Tx } from '../connect.ts';
import { people, settings } from '../schema.ts';

/** Every setting as it counts now. Read at each use, so that a change counts in every process at once. */
export async function readSettings(tx: Tx): Promise<Settings> {
  const rows = await tx.select({ name: settings.name, value: settings.value }).from(settings);
  return settingsFrom(new Map(rows.map(({ name, value }) => [name, value])));
}

export type StoredSetting = { name: string; value: SettingValue; changedAt: Date; changedBy: string | null };

/** What somebody set, and who did: by name, or null where it was done from the machine. */
export async function listStoredSettings(tx: Tx): Promise<StoredSetting[]> {
  return tx
    .select({ name: settings.name, value: settings.value, changedAt: settings.changedAt, changedBy: people.name })
    .from(settings)
    .leftJoin(people, eq(people.id, settings.changedBy));
}

// One at a time: what the audit log calls the value before is the one that was there.
const settingsLock = 7_725_591_151;

/** Keeps others from changing settings until the transaction ends. */
export async function lockSettings(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${settingsLock})`);
}

export async function storeSetting(
  tx: Tx,
  row: { name: SettingName; value: SettingValue; changedAt: Date; changedBy: PersonId },
): Promise<void> {
  await tx.insert(settings).values(row).onConflictDoUpdate({ target: settings.name, set: row });
}

/** Puts a setting back to its default. */
export async function deleteSetting(tx: Tx, name: SettingName): Promise<void> {
  await tx.delete(settings).where(eq(settings.name, name));
}

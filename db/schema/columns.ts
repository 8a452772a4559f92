import { sql } from 'drizzle-orm';
import { customType, timestamp } from 'drizzle-orm/pg-core';

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'date' });
export const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`);

/** A text sealed by the system keyring, as JSON: what a row must keep but nobody may read in the database. */
export type SealedText = {
  id: string;
  nonce: string;
  ciphertext: string;
  keyId: string;
  wrappedKey: string;
};

/** Values of added fields by their names. */
export type FieldValues = Record<string, string | number | boolean>;

import { sql } from 'drizzle-orm';
import { boolean, check, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { RecordTypeId } from '../../server/ids.ts';
import { type FieldType, fieldTypes, type RecordKind, recordKinds } from '../../server/protocol/session-words.ts';
import { moment, oneOf } from './columns.ts';

/** The record types that every installation has, by their kind; the migration that makes the table puts them there. */
export const builtInRecordTypes = {
  password: '018f0000-0000-7000-8000-000000000001',
  ssh_key: '018f0000-0000-7000-8000-000000000002',
  aws_access_key: '018f0000-0000-7000-8000-000000000003',
} as Record<RecordKind, RecordTypeId>;

/** What credentials are typed by. The built-in ones are there from the beginning; others may be added beside them. */
export const recordTypes = pgTable(
  'record_types',
  {
    id: uuid('id').$type<RecordTypeId>().primaryKey(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    kind: text('kind').$type<RecordKind>().notNull(),
    isBuiltIn: boolean('is_built_in').notNull().default(false),
    /** NULL: enabled. Of a disabled type nothing new is stored; what is there goes on working. */
    disabledAt: moment('disabled_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('record_types_name').on(sql`lower(${table.name})`),
    check('record_types_kind', oneOf('kind', recordKinds)),
  ],
);

/** A field that a record type adds to its credentials. Shown to whoever sees the credential: never for secrets. */
export const recordTypeFields = pgTable(
  'record_type_fields',
  {
    recordTypeId: uuid('record_type_id')
      .$type<RecordTypeId>()
      .notNull()
      .references(() => recordTypes.id, { onDelete: 'cascade' }),
    /** By which programs know it, such as `AllowedHosts`. */
    name: text('name').notNull(),
    label: text('label').notNull(),
    type: text('type').$type<FieldType>().notNull(),
    isRequired: boolean('is_required').notNull().default(false),
    position: integer('position').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.recordTypeId, table.name] }),
    check('record_type_fields_type', oneOf('type', fieldTypes)),
    check('record_type_fields_name', sql`name ~ '^[A-Za-z][A-Za-z0-9_]{0,62}$'`),
  ],
);

import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { GroupId, LoginSessionId, PersonId } from '../../server/ids.ts';
import { type Role, roles } from '../../server/protocol/session-words.ts';
import { bytes, moment } from './columns.ts';

/** One row: whether this database is a demo. A plain start refuses a demo database and the other way round. */
export const installation = pgTable(
  'installation',
  {
    id: integer('id').primaryKey().default(1),
    demo: boolean('demo').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  () => [check('installation_one_row', sql`id = 1`)],
);

export const people = pgTable(
  'people',
  {
    id: uuid('id').$type<PersonId>().primaryKey(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    passwordHash: text('password_hash').notNull(),
    roles: text('roles').array().$type<Role[]>().notNull(),
    disabledAt: moment('disabled_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('people_email').on(sql`lower(${table.email})`),
    check('people_roles', sql.raw(`roles <@ array[${roles.map((role) => `'${role}'`).join(', ')}]::text[]`)),
  ],
);

export const loginSessions = pgTable(
  'login_sessions',
  {
    id: uuid('id').$type<LoginSessionId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
    address: text('address'),
    userAgent: text('user_agent'),
  },
  (table) => [index('login_sessions_person').on(table.personId)],
);

/** Back-off for sign-ins: one row per key (`email:…` or `address:…`), never a lock-out. */
export const throttles = pgTable('throttles', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  blockedUntil: moment('blocked_until').notNull(),
  updatedAt: moment('updated_at').notNull(),
});

export const setUpLinks = pgTable('set_up_links', {
  tokenHash: bytes('token_hash').primaryKey(),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
});

export const groups = pgTable(
  'groups',
  {
    id: uuid('id').$type<GroupId>().primaryKey(),
    name: text('name').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('groups_name').on(sql`lower(${table.name})`)],
);

export const groupMembers = pgTable(
  'group_members',
  {
    groupId: uuid('group_id')
      .$type<GroupId>()
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.groupId, table.personId] }),
    index('group_members_person').on(table.personId),
  ],
);

import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { LoginSessionId, NoticeId, PersonId, SecretId, UnlockId } from '../../server/ids.ts';
import type { KdfCost } from '../../server/vault/sealed-person-key.ts';
import { bytes, moment, oneOf } from './columns.ts';
import { secrets } from './inventory.ts';
import { loginSessions, people } from './people.ts';

/**
 * The X25519 key pair of a person. The private half is sealed under their master password, which is nowhere; the public
 * half is attested by the system keyring, so that whoever can only write to the database cannot put their own there.
 */
export const personKeys = pgTable('person_keys', {
  personId: uuid('person_id')
    .$type<PersonId>()
    .primaryKey()
    .references(() => people.id, { onDelete: 'cascade' }),
  publicKey: bytes('public_key').notNull(),
  /** Id of the system key that attested it. */
  attestedBy: text('attested_by').notNull(),
  attestation: bytes('attestation').notNull(),
  nonce: bytes('nonce').notNull(),
  sealedPrivateKey: bytes('sealed_private_key').notNull(),
  salt: bytes('salt').notNull(),
  kdf: jsonb('kdf').$type<KdfCost>().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** When the master password became what it is. */
  changedAt: moment('changed_at').notNull().defaultNow(),
});

/** A private key sealed under a random key that only one browser holds, for one sign-in; at most one for each. */
export const unlocks = pgTable(
  'unlocks',
  {
    id: uuid('id').$type<UnlockId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    loginSessionId: uuid('login_session_id')
      .$type<LoginSessionId>()
      .notNull()
      .unique()
      .references(() => loginSessions.id, { onDelete: 'cascade' }),
    nonce: bytes('nonce').notNull(),
    sealedPrivateKey: bytes('sealed_private_key').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('unlocks_person').on(table.personId), index('unlocks_expiry').on(table.expiresAt)],
);

/** The way back after a reset, good once. The token itself is sealed for the system, to be shown to its person. */
export const masterPasswordLinks = pgTable(
  'master_password_links',
  {
    tokenHash: bytes('token_hash').primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    createdBy: uuid('created_by')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id),
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .references(() => secrets.id, { onDelete: 'set null' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
  },
  (table) => [index('master_password_links_person').on(table.personId)],
);

export const noticeKinds = ['master_password_reset'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** What a person must be told, and was not told yet while `seen_at` is empty. */
export const personNotices = pgTable(
  'person_notices',
  {
    id: uuid('id').$type<NoticeId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<NoticeKind>().notNull(),
    subject: jsonb('subject').$type<{ destroyed: number }>().notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    seenAt: moment('seen_at'),
  },
  (table) => [
    check('person_notices_kind', oneOf('kind', noticeKinds)),
    index('person_notices_unseen').on(table.personId).where(sql`seen_at is null`),
  ],
);

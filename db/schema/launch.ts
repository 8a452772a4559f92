import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type {
  CheckOutId,
  ComputerId,
  CredentialId,
  GrantId,
  LaunchId,
  LoginSessionId,
  PersonId,
  SessionId,
} from '../../server/ids.ts';
import { bytes, moment, type SealedText } from './columns.ts';
import { computers, credentials, grants } from './inventory.ts';
import { loginSessions, people } from './people.ts';
import { type PolicySnapshot, sessions } from './sessions.ts';

/** What everybody agrees to before a session. A version is never changed: a new text is a new version. */
export const terms = pgTable(
  'terms',
  {
    version: integer('version').primaryKey(),
    text: text('text').notNull(),
    /** Hex of SHA-256 over the text in UTF-8. */
    sha256: text('sha256').notNull(),
    publishedAt: moment('published_at').notNull(),
    publishedBy: uuid('published_by')
      .$type<PersonId>()
      .references(() => people.id),
  },
  () => [check('terms_version', sql`version > 0`), check('terms_sha256', sql`sha256 ~ '^[0-9a-f]{64}$'`)],
);

export const termsAcceptances = pgTable(
  'terms_acceptances',
  {
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id),
    version: integer('version')
      .notNull()
      .references(() => terms.version),
    sha256: text('sha256').notNull(),
    acceptedAt: moment('accepted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.version] })],
);

/**
 * What the shop handed out at Connect: who may get which credential for which computer, under what, until when. Its two
 * handles are what a launch carries instead of a token; only their hashes are kept, and they are good once.
 */
export const checkOuts = pgTable(
  'check_outs',
  {
    /** The ExternalCredentialCheckOutID of the launch. */
    id: uuid('id').$type<CheckOutId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id),
    loginSessionId: uuid('login_session_id')
      .$type<LoginSessionId>()
      .notNull()
      .references(() => loginSessions.id),
    computerId: bigint('computer_id', { mode: 'number' })
      .$type<ComputerId>()
      .notNull()
      .references(() => computers.id),
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .references(() => credentials.id, { onDelete: 'set null' }),
    isPersonal: boolean('is_personal').notNull(),
    grantId: uuid('grant_id')
      .$type<GrantId>()
      .notNull()
      .references(() => grants.id),
    policy: jsonb('policy').$type<PolicySnapshot>().notNull(),
    /** Name of the access level as it was; NULL: the standard one. */
    accessLevel: text('access_level'),
    /** While it lasts, nobody else gets the credential. */
    isExclusive: boolean('is_exclusive').notNull().default(false),
    termsVersion: integer('terms_version'),
    termsSha256: text('terms_sha256'),
    apiKeyHash: bytes('api_key_hash').notNull().unique(),
    applicationKeyHash: bytes('application_key_hash').notNull(),
    startsAt: moment('starts_at'),
    endsAt: moment('ends_at'),
    createdAt: moment('created_at').notNull(),
    /** When the handles stop working; a session that was opened in time goes on. */
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
    /** The session that the credential was given to. */
    sessionId: uuid('session_id').$type<SessionId>(),
    endedAt: moment('ended_at'),
    /** How often the handles were shown by somebody else than the gateway. */
    alarms: integer('alarms').notNull().default(0),
  },
  (table) => [
    index('check_outs_person').on(table.personId),
    index('check_outs_expiry').on(table.expiresAt),
    index('check_outs_in_use').on(table.credentialId).where(sql`used_at is not null and ended_at is null`),
  ],
);

/** What a launch says of itself. All of it is claims; nothing in it is secret. */
export type LaunchClaims = {
  computerId: number;
  isPersonalCred: boolean;
  checkOutId: string;
  loginSessionId: string;
  apiUrl: string;
  mode: 'SSH' | 'RDP' | 'Telnet';
  credentialId: string;
  width: number;
  height: number;
  dpi: number;
  delaySeconds: number;
};

/** The hand-over from a shop to the gateway: lives minutes, belongs to who opened its page first, and opens once. */
export const launches = pgTable(
  'launches',
  {
    id: uuid('id').$type<LaunchId>().primaryKey(),
    /** `Origin` of the request that brought it, as evidence. */
    origin: text('origin'),
    claims: jsonb('claims').$type<LaunchClaims>().notNull(),
    /** ApiKey and ApiApplicationKey, sealed by the system keyring. */
    sealedKeys: jsonb('sealed_keys').$type<SealedText>().notNull(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .references(() => people.id),
    loginSessionId: uuid('login_session_id')
      .$type<LoginSessionId>()
      .references(() => loginSessions.id),
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .references(() => sessions.id),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    openedAt: moment('opened_at'),
  },
  (table) => [index('launches_expiry').on(table.expiresAt)],
);

/** Nonces of assertions that were taken, for as long as an assertion is good. */
export const assertionNonces = pgTable(
  'assertion_nonces',
  { nonce: text('nonce').primaryKey(), seenAt: moment('seen_at').notNull() },
  (table) => [index('assertion_nonces_seen').on(table.seenAt)],
);

import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { ApiTokenId, CredentialId, LoginSessionId, PersonId, SecretId } from '../../server/ids.ts';
import { type ApiTokenScope, apiTokenScopes } from '../../server/protocol/aws-words.ts';
import { moment } from './columns.ts';
import { credentials, secrets } from './inventory.ts';
import { loginSessions, people } from './people.ts';

/**
 * A person's token for programs. Its secret can be recovered, since it verifies signatures: sealed in the vault, shown
 * once. It stands for the master password that it was made with.
 */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: uuid('id').$type<ApiTokenId>().primaryKey(),
    /** TOKEN-ID, as programs name it. */
    tokenId: text('token_id').notNull().unique(),
    name: text('name').notNull(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id),
    scopes: text('scopes').array().$type<ApiTokenScope[]>().notNull(),
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .notNull()
      .references(() => secrets.id),
    /** CIDRs from which it may be used; empty: from anywhere. */
    networks: text('networks').array().notNull().default(sql`'{}'`),
    createdAt: moment('created_at').notNull(),
    /** The sign-in it was made in. */
    createdIn: uuid('created_in')
      .$type<LoginSessionId>()
      .references(() => loginSessions.id),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
    revokedBy: uuid('revoked_by')
      .$type<PersonId>()
      .references(() => people.id),
    lastUsedAt: moment('last_used_at'),
    lastUsedFrom: text('last_used_from'),
  },
  (table) => [
    index('api_tokens_person').on(table.personId, table.createdAt),
    check(
      'api_tokens_scopes',
      sql.raw(`scopes <@ array[${apiTokenScopes.map((scope) => `'${scope}'`).join(', ')}]::text[]`),
    ),
  ],
);

/** The only records that a token may be used for; none: all that its person may use. */
export const apiTokenRecords = pgTable(
  'api_token_records',
  {
    apiTokenId: uuid('api_token_id')
      .$type<ApiTokenId>()
      .notNull()
      .references(() => apiTokens.id, { onDelete: 'cascade' }),
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .notNull()
      .references(() => credentials.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.apiTokenId, table.credentialId] })],
);

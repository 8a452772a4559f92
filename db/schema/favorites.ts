import { bigint, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { ComputerId, CredentialId, PersonId } from '../../server/ids.ts';
import { computers, credentials } from './inventory.ts';
import { people } from './people.ts';

/** What a person wants to find first in the shop. */
export const favoriteComputers = pgTable(
  'favorite_computers',
  {
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    computerId: bigint('computer_id', { mode: 'number' })
      .$type<ComputerId>()
      .notNull()
      .references(() => computers.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.personId, table.computerId] })],
);

/** The same among credentials. */
export const favoriteCredentials = pgTable(
  'favorite_credentials',
  {
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .notNull()
      .references(() => credentials.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.personId, table.credentialId] })],
);

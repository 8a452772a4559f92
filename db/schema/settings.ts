import { jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { PersonId } from '../../server/ids.ts';
import { moment } from './columns.ts';
import { people } from './people.ts';

/** What administrators set while the program runs. What is not here has its default. */
export const settings = pgTable('settings', {
  name: text('name').primaryKey(),
  value: jsonb('value').$type<string | number | boolean>().notNull(),
  changedAt: moment('changed_at').notNull(),
  changedBy: uuid('changed_by')
    .$type<PersonId>()
    .references(() => people.id),
});

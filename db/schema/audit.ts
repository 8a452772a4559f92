import { bigint, index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { PersonId, SessionId, WriterId } from '../../server/ids.ts';
import { bytes, moment } from './columns.ts';

/** Append-only; one hash chain per writer process. The application role may insert and read, nothing else. */
export const auditEvents = pgTable(
  'audit_events',
  {
    writerId: uuid('writer_id').$type<WriterId>().notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    at: moment('at').notNull(),
    kind: text('kind').notNull(),
    actorId: uuid('actor_id').$type<PersonId>(),
    sessionId: uuid('session_id').$type<SessionId>(),
    subject: jsonb('subject').$type<Record<string, unknown>>().notNull(),
    previousHash: bytes('previous_hash').notNull(),
    hash: bytes('hash').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.writerId, table.seq] }),
    index('audit_events_at').on(table.at),
    index('audit_events_session').on(table.sessionId),
  ],
);

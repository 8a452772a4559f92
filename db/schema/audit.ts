import { sql } from 'drizzle-orm';
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
    index('audit_events_session').on(table.sessionId),
    // For the pages of the log and their filters.
    index('audit_events_latest').on(table.at, table.writerId, table.seq),
    index('audit_events_kind').on(table.kind, table.at),
    index('audit_events_actor').on(table.actorId, table.at),
    index('audit_events_person').on(sql`(subject ->> 'personId')`).where(sql`(subject ->> 'personId') is not null`),
    index('audit_events_email').on(sql`lower(subject ->> 'email')`).where(sql`(subject ->> 'email') is not null`),
    index('audit_events_text').using('gin', sql`(subject::text) gin_trgm_ops`),
  ],
);

import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { JobId, SessionId } from '../../server/ids.ts';
import { type AttemptOutcome, attemptOutcomes, type JobState, jobStates } from '../../server/protocol/job-words.ts';
import { moment, oneOf, type SealedText } from './columns.ts';
import { sessions } from './sessions.ts';

/** Work that must be done although processes come and go. A row is written in the transaction that makes it due. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').$type<JobId>().primaryKey(),
    kind: text('kind').notNull(),
    /** What the job is about; a second one of the same kind about the same is not made. */
    key: text('key').notNull(),
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .references(() => sessions.id),
    state: text('state').$type<JobState>().notNull().default('waiting'),
    dueAt: moment('due_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** How many answers in a row said that the token is not good any more. */
    unauthorized: integer('unauthorized').notNull().default(0),
    /** Somebody is at it until then; afterwards they are taken for gone. */
    leaseUntil: moment('lease_until'),
    /** No more attempts after this. */
    giveUpAt: moment('give_up_at').notNull(),
    /** What it needs, sealed by the system keyring; gone when it is done. */
    payload: jsonb('payload').$type<SealedText>(),
    createdAt: moment('created_at').notNull(),
    finishedAt: moment('finished_at'),
  },
  (table) => [
    unique('jobs_kind_key').on(table.kind, table.key),
    index('jobs_due').on(table.dueAt).where(sql`state = 'waiting'`),
    index('jobs_session').on(table.sessionId),
    check('jobs_state', oneOf('state', jobStates)),
  ],
);

/** Every attempt, from its beginning: one that was cut off stays `started`. */
export const jobAttempts = pgTable(
  'job_attempts',
  {
    jobId: uuid('job_id')
      .$type<JobId>()
      .notNull()
      .references(() => jobs.id),
    n: integer('n').notNull(),
    at: moment('at').notNull(),
    outcome: text('outcome').$type<AttemptOutcome>().notNull(),
    /** HTTP status of the answer, if there was one. */
    status: integer('status'),
    detail: text('detail'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    check('job_attempts_outcome', oneOf('outcome', attemptOutcomes)),
  ],
);

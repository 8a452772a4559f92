import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type {
  ComputerId,
  CredentialId,
  GrantId,
  LoginSessionId,
  PersonId,
  SessionId,
  WriterId,
} from '../../server/ids.ts';
import {
  type CredentialKind,
  credentialKinds,
  type EndReason,
  endReasons,
  type MasterPasswordRule,
  type Mode,
  modes,
  type RecordingRule,
  type SessionState,
  sessionStates,
} from '../../server/protocol/session-words.ts';
import { bytes, moment, oneOf, type SealedText } from './columns.ts';
import { computers, credentials, grants } from './inventory.ts';
import { loginSessions, people } from './people.ts';

/** What the policy said when the session was requested; kept with the session as evidence. */
export type PolicySnapshot = {
  policyId: string;
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  trustFirstHostKey: boolean;
  masterPassword: MasterPasswordRule;
};

export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').$type<SessionId>().primaryKey(),
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
    grantId: uuid('grant_id')
      .$type<GrantId>()
      .notNull()
      .references(() => grants.id),
    policy: jsonb('policy').$type<PolicySnapshot>().notNull(),
    /** Name of the access level as it was; NULL: the standard one. */
    accessLevel: text('access_level'),
    mode: text('mode').$type<Mode>().notNull(),
    state: text('state').$type<SessionState>().notNull().default('requested'),
    endReason: text('end_reason').$type<EndReason>(),
    endDetail: text('end_detail'),
    exitStatus: integer('exit_status'),
    credentialKind: text('credential_kind').$type<CredentialKind>().notNull().default('shared'),
    /** The identity API that gave the credential, as an origin. */
    apiUrl: text('api_url'),
    /** The check-out as that API names it. */
    checkOutId: text('check_out_id'),
    /** What the person had agreed to. */
    termsVersion: integer('terms_version'),
    termsSha256: text('terms_sha256'),
    /** The check-out lasts until then; the session ends with it. */
    checkOutEndsAt: moment('check_out_ends_at'),
    /**
     * What the identity API must be told with when this session ends, sealed by the system keyring. Set before the API is
     * asked for a credential, so that no crash in between leaves a check-out open; moved into a job at the end.
     */
    endOwed: jsonb('end_owed').$type<SealedText>(),
    /** The identity API answered with a credential; no ticket is issued before. */
    givenAt: moment('given_at'),
    gatewayId: uuid('gateway_id').$type<WriterId>(),
    /** Renewed by the gateway that holds the session; the reaper ends a session whose lease has run out. */
    leaseUntil: moment('lease_until').notNull(),
    requestedAt: moment('requested_at').notNull().defaultNow(),
    openedAt: moment('opened_at'),
    endedAt: moment('ended_at'),
    bytesOut: bigint('bytes_out', { mode: 'number' }).notNull().default(0),
    bytesIn: bigint('bytes_in', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    index('sessions_requested').on(table.requestedAt),
    index('sessions_person').on(table.personId, table.requestedAt),
    index('sessions_running').on(table.leaseUntil).where(sql`state <> 'ended'`),
    check('sessions_credential_kind', oneOf('credential_kind', credentialKinds)),
    check('sessions_mode', oneOf('mode', modes)),
    check('sessions_state', oneOf('state', sessionStates)),
    check('sessions_end_reason', oneOf('end_reason', endReasons)),
    check(
      'sessions_ended',
      sql`(state = 'ended') = (ended_at is not null) and (state = 'ended') = (end_reason is not null)`,
    ),
  ],
);

/** Single-use, short-lived right to open a session's WebSocket. Only the hash is kept. */
export const tickets = pgTable(
  'tickets',
  {
    hash: bytes('hash').primaryKey(),
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    loginSessionId: uuid('login_session_id')
      .$type<LoginSessionId>()
      .notNull()
      .references(() => loginSessions.id),
    expiresAt: moment('expires_at').notNull(),
    redeemedAt: moment('redeemed_at'),
  },
  (table) => [index('tickets_expiry').on(table.expiresAt)],
);

export const recordingStates = ['writing', 'sealed', 'failed'] as const;

export const recordings = pgTable(
  'recordings',
  {
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .primaryKey()
      .references(() => sessions.id),
    state: text('state').$type<(typeof recordingStates)[number]>().notNull().default('writing'),
    /** Folder relative to the recordings store: `YYYY/MM/DD/<session-id>`. */
    path: text('path').notNull(),
    startedAt: moment('started_at').notNull(),
    sealedAt: moment('sealed_at'),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    durationMs: bigint('duration_ms', { mode: 'number' }).notNull().default(0),
    /** Hex of the last head of the hash chain. */
    head: text('head'),
    /** How it was sealed: `closed`, `crash`, or why writing failed. */
    sealReason: text('seal_reason'),
  },
  () => [check('recordings_state', oneOf('state', recordingStates))],
);

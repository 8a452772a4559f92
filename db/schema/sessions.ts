import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type {
  ApiTokenId,
  ComputerId,
  CredentialId,
  GrantId,
  LoginSessionId,
  PersonId,
  SessionId,
  SessionViewId,
  WriterId,
} from '../../server/ids.ts';
import type { SecretPrint } from '../../server/protocol/secret-print.ts';
import {
  type CredentialKind,
  credentialKinds,
  type EndReason,
  endReasons,
  type MasterPasswordRule,
  type RecordingRule,
  type SessionMode,
  type SessionState,
  sessionModes,
  sessionStates,
} from '../../server/protocol/session-words.ts';
import { apiTokens } from './api-tokens.ts';
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
  /** Sessions from before these were kept have neither. */
  limits?: { graceSeconds: number; idleTimeoutMinutes: number | null; maxDurationMinutes: number | null };
  watching?: { allowSnooping: boolean; tellWatched: boolean };
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
      .references(() => loginSessions.id),
    /** What opened it instead of a sign-in: a program with this token. */
    apiTokenId: uuid('api_token_id')
      .$type<ApiTokenId>()
      .references(() => apiTokens.id),
    /** NULL: it works on a record, `credentialId`. */
    computerId: bigint('computer_id', { mode: 'number' })
      .$type<ComputerId>()
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
    mode: text('mode').$type<SessionMode>().notNull(),
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
    /** No browser is attached since then; the session waits for one. */
    detachedAt: moment('detached_at'),
    /** The last key or paste of its person. */
    lastInputAt: moment('last_input_at'),
    /** What the identity API said of looking at this session; NULL until it answered. */
    allowsSnooping: boolean('allows_snooping'),
    /** How long the connection to the computer took to be gone after the session's end. */
    targetClosedMs: integer('target_closed_ms'),
    endedAt: moment('ended_at'),
    bytesOut: bigint('bytes_out', { mode: 'number' }).notNull().default(0),
    bytesIn: bigint('bytes_in', { mode: 'number' }).notNull().default(0),
    /** How many calls, where a session is made of them. */
    calls: integer('calls').notNull().default(0),
  },
  (table) => [
    index('sessions_requested').on(table.requestedAt),
    index('sessions_person').on(table.personId, table.requestedAt),
    index('sessions_running').on(table.leaseUntil).where(sql`state <> 'ended'`),
    index('sessions_token').on(table.apiTokenId, table.requestedAt).where(sql`api_token_id is not null`),
    check('sessions_aws', sql`(mode = 'AWS') = (computer_id is null) and (mode = 'AWS') = (api_token_id is not null)`),
    check('sessions_opened_by', sql`num_nonnulls(login_session_id, api_token_id) = 1`),
    check('sessions_credential_kind', oneOf('credential_kind', credentialKinds)),
    check('sessions_mode', oneOf('mode', sessionModes)),
    check('sessions_state', oneOf('state', sessionStates)),
    check('sessions_end_reason', oneOf('end_reason', endReasons)),
    check(
      'sessions_ended',
      sql`(state = 'ended') = (ended_at is not null) and (state = 'ended') = (end_reason is not null)`,
    ),
  ],
);

export const ticketPurposes = ['open', 'attach', 'watch'] as const;
export type TicketPurpose = (typeof ticketPurposes)[number];

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
    /** What it opens: the session, the session once more after its browser went away, or a look at it. */
    purpose: text('purpose').$type<TicketPurpose>().notNull().default('open'),
    /** Who looks. */
    viewerId: uuid('viewer_id')
      .$type<PersonId>()
      .references(() => people.id),
  },
  (table) => [index('tickets_expiry').on(table.expiresAt), check('tickets_purpose', oneOf('purpose', ticketPurposes))],
);

export const recordingStates = ['writing', 'sealed', 'failed', 'deleted'] as const;
export const indexStates = ['none', 'waiting', 'ready', 'failed'] as const;
export const playabilities = ['unknown', 'playable', 'unplayable'] as const;

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
    /** `index.bin` and the searchable text, made after sealing and at any time again. */
    indexState: text('index_state').$type<(typeof indexStates)[number]>().notNull().default('none'),
    indexedAt: moment('indexed_at'),
    indexBytes: bigint('index_bytes', { mode: 'number' }).notNull().default(0),
    /** What the self-check found when it decoded the recording to its end. */
    playable: text('playable').$type<(typeof playabilities)[number]>().notNull().default('unknown'),
    checkDetail: text('check_detail'),
    /** Of what must not be found in its text; without the secrets once the text was gathered. */
    secretPrints: jsonb('secret_prints').$type<SecretPrint[]>().notNull().default([]),
    /** Deleted after that; NULL: kept. */
    retainUntil: moment('retain_until'),
    heldAt: moment('held_at'),
    heldBy: uuid('held_by')
      .$type<PersonId>()
      .references(() => people.id),
    holdReason: text('hold_reason'),
    /** Somebody wants the hold lifted; a second person has to agree. */
    liftAskedAt: moment('lift_asked_at'),
    liftAskedBy: uuid('lift_asked_by')
      .$type<PersonId>()
      .references(() => people.id),
    liftReason: text('lift_reason'),
    /** When deleting it was due and it was kept all the same, and why. */
    keptAt: moment('kept_at'),
    keptWhy: text('kept_why'),
    deletedAt: moment('deleted_at'),
    deleteReason: text('delete_reason'),
    /** Its files are gone since then, but for the manifest and the tombstone. */
    erasedAt: moment('erased_at'),
  },
  (table) => [
    check('recordings_state', oneOf('state', recordingStates)),
    check('recordings_index_state', oneOf('index_state', indexStates)),
    check('recordings_playable', oneOf('playable', playabilities)),
    check('recordings_deleted', sql`(state = 'deleted') = (deleted_at is not null)`),
    check('recordings_held', sql`(held_at is null) = (hold_reason is null)`),
    check(
      'recordings_lift',
      sql`(lift_asked_at is null) = (lift_asked_by is null) and (lift_asked_at is null or held_at is not null)`,
    ),
    check('recordings_erased', sql`erased_at is null or state = 'deleted'`),
    index('recordings_retain').on(table.retainUntil).where(sql`state <> 'deleted'`),
    index('recordings_to_erase').on(table.deletedAt).where(sql`state = 'deleted' and erased_at is null`),
    index('recordings_kept').on(table.sessionId).where(sql`kept_why is not null`),
    index('recordings_held').on(table.sessionId).where(sql`held_at is not null`),
    index('recordings_playable').on(table.playable).where(sql`playable <> 'playable'`),
  ],
);

/** Text as it stood on the screen of a recorded session, secrets masked; searched instead of the recording. */
export const recordingTexts = pgTable(
  'recording_texts',
  {
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .notNull()
      .references(() => recordings.sessionId, { onDelete: 'cascade' }),
    /** From 0 in the order of time; below that stand the marks of `db/queries/recording-texts.ts`. */
    seq: integer('seq').notNull(),
    /** Milliseconds since the recording began, when the text was whole. */
    elapsedMs: bigint('elapsed_ms', { mode: 'number' }).notNull(),
    text: text('text').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.seq] }),
    index('recording_texts_text').using('gin', sql`text gin_trgm_ops`),
  ],
);

export const viewKinds = ['watch', 'wall', 'replay'] as const;

/** Who looked at a session, live or afterwards, and for how long. */
export const sessionViews = pgTable(
  'session_views',
  {
    id: uuid('id').$type<SessionViewId>().primaryKey(),
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id),
    viewerId: uuid('viewer_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id),
    kind: text('kind').$type<(typeof viewKinds)[number]>().notNull(),
    startedAt: moment('started_at').notNull(),
    endedAt: moment('ended_at'),
  },
  (table) => [
    index('session_views_session').on(table.sessionId, table.startedAt),
    check('session_views_kind', oneOf('kind', viewKinds)),
  ],
);

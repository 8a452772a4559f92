import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type {
  ComputerGuid,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  LoginSessionId,
  PersonId,
  PolicyId,
  SecretId,
  SessionId,
  WriterId,
} from '../server/ids.ts';
import {
  type EndReason,
  endReasons,
  type Mode,
  modes,
  type RecordingRule,
  type Role,
  recordingRules,
  roles,
  type SessionState,
  sessionStates,
} from '../server/protocol/session-words.ts';

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 6, mode: 'date' });
const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`);

/** One row: whether this database is a demo. A plain start refuses a demo database and the other way round. */
export const installation = pgTable(
  'installation',
  {
    id: integer('id').primaryKey().default(1),
    demo: boolean('demo').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  () => [check('installation_one_row', sql`id = 1`)],
);

export const people = pgTable(
  'people',
  {
    id: uuid('id').$type<PersonId>().primaryKey(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    passwordHash: text('password_hash').notNull(),
    roles: text('roles').array().$type<Role[]>().notNull(),
    disabledAt: moment('disabled_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('people_email').on(sql`lower(${table.email})`),
    check('people_roles', sql.raw(`roles <@ array[${roles.map((role) => `'${role}'`).join(', ')}]::text[]`)),
  ],
);

export const loginSessions = pgTable(
  'login_sessions',
  {
    id: uuid('id').$type<LoginSessionId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
    address: text('address'),
    userAgent: text('user_agent'),
  },
  (table) => [index('login_sessions_person').on(table.personId)],
);

/** Back-off for sign-ins: one row per key (`email:…` or `address:…`), never a lock-out. */
export const throttles = pgTable('throttles', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  blockedUntil: moment('blocked_until').notNull(),
  updatedAt: moment('updated_at').notNull(),
});

export const setUpLinks = pgTable('set_up_links', {
  tokenHash: bytes('token_hash').primaryKey(),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
});

export const groups = pgTable(
  'groups',
  {
    id: uuid('id').$type<GroupId>().primaryKey(),
    name: text('name').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('groups_name').on(sql`lower(${table.name})`)],
);

export const groupMembers = pgTable(
  'group_members',
  {
    groupId: uuid('group_id')
      .$type<GroupId>()
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    personId: uuid('person_id')
      .$type<PersonId>()
      .notNull()
      .references(() => people.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.groupId, table.personId] }),
    index('group_members_person').on(table.personId),
  ],
);

/** A secret, sealed under its own AES-256-GCM data key; `purpose` is authenticated with it, so that rows cannot be swapped. */
export const secrets = pgTable('secrets', {
  id: uuid('id').$type<SecretId>().primaryKey(),
  purpose: text('purpose').notNull(),
  nonce: bytes('nonce').notNull(),
  ciphertext: bytes('ciphertext').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
});

/** The data key of a secret, wrapped for whoever may open it: the system keyring (`system`) or a person's key (`person`). */
export const secretRecipients = pgTable(
  'secret_recipients',
  {
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .notNull()
      .references(() => secrets.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<'system' | 'person'>().notNull(),
    keyId: text('key_id').notNull(),
    wrappedKey: bytes('wrapped_key').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.secretId, table.kind, table.keyId] }),
    check('secret_recipients_kind', oneOf('kind', ['system', 'person'])),
  ],
);

export const credentials = pgTable(
  'credentials',
  {
    id: uuid('id').$type<CredentialId>().primaryKey(),
    name: text('name').notNull(),
    type: text('type').$type<'password' | 'ssh_key'>().notNull(),
    username: text('username').notNull(),
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .notNull()
      .references(() => secrets.id),
    /** NULL: shared. Otherwise the person whose own it is. */
    ownerId: uuid('owner_id')
      .$type<PersonId>()
      .references(() => people.id),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('credentials_type', oneOf('type', ['password', 'ssh_key'])),
    uniqueIndex('credentials_shared_name').on(sql`lower(${table.name})`).where(sql`owner_id is null`),
  ],
);

export const computers = pgTable(
  'computers',
  {
    id: bigint('id', { mode: 'number' }).$type<ComputerId>().generatedAlwaysAsIdentity().primaryKey(),
    guid: uuid('guid').$type<ComputerGuid>().notNull().unique(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    mode: text('mode').$type<Mode>().notNull(),
    /** Host name or address to dial. */
    server: text('server').notNull(),
    port: integer('port').notNull(),
    sharedCredentialId: uuid('shared_credential_id')
      .$type<CredentialId>()
      .references(() => credentials.id),
    disabledAt: moment('disabled_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('computers_name').on(sql`lower(${table.name})`),
    check('computers_mode', oneOf('mode', modes)),
    check('computers_port', sql`port between 1 and 65535`),
  ],
);

/** Host keys pinned per address. A row is never changed: a new key is approved by forgetting the old and adding one. */
export const hostKeys = pgTable(
  'host_keys',
  {
    server: text('server').notNull(),
    port: integer('port').notNull(),
    keyType: text('key_type').notNull(),
    publicKey: bytes('public_key').notNull(),
    /** `SHA256:…` as `ssh-keygen -l` prints it. */
    fingerprint: text('fingerprint').notNull(),
    pinnedBy: uuid('pinned_by')
      .$type<PersonId>()
      .references(() => people.id),
    pinnedAt: moment('pinned_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.server, table.port] })],
);

export const policies = pgTable(
  'policies',
  {
    id: uuid('id').$type<PolicyId>().primaryKey(),
    name: text('name').notNull(),
    recording: text('recording').$type<RecordingRule>().notNull().default('required'),
    recordInput: boolean('record_input').notNull().default(false),
    allowCopy: boolean('allow_copy').notNull().default(false),
    allowPaste: boolean('allow_paste').notNull().default(false),
    trustFirstHostKey: boolean('trust_first_host_key').notNull().default(false),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('policies_name').on(sql`lower(${table.name})`),
    check('policies_recording', oneOf('recording', recordingRules)),
  ],
);

/** A grant connects a person or a group with a computer under a policy, for a time. */
export const grants = pgTable(
  'grants',
  {
    id: uuid('id').$type<GrantId>().primaryKey(),
    personId: uuid('person_id')
      .$type<PersonId>()
      .references(() => people.id),
    groupId: uuid('group_id')
      .$type<GroupId>()
      .references(() => groups.id),
    computerId: bigint('computer_id', { mode: 'number' })
      .$type<ComputerId>()
      .notNull()
      .references(() => computers.id),
    policyId: uuid('policy_id')
      .$type<PolicyId>()
      .notNull()
      .references(() => policies.id),
    startsAt: moment('starts_at'),
    endsAt: moment('ends_at'),
    revokedAt: moment('revoked_at'),
    createdBy: uuid('created_by')
      .$type<PersonId>()
      .references(() => people.id),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('grants_computer').on(table.computerId),
    index('grants_person').on(table.personId),
    index('grants_group').on(table.groupId),
    check('grants_one_subject', sql`num_nonnulls(person_id, group_id) = 1`),
    check('grants_order', sql`ends_at is null or starts_at is null or starts_at < ends_at`),
  ],
);

/** What the policy said when the session was requested; kept with the session as evidence. */
export type PolicySnapshot = {
  policyId: string;
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  trustFirstHostKey: boolean;
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
    mode: text('mode').$type<Mode>().notNull(),
    state: text('state').$type<SessionState>().notNull().default('requested'),
    endReason: text('end_reason').$type<EndReason>(),
    endDetail: text('end_detail'),
    exitStatus: integer('exit_status'),
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

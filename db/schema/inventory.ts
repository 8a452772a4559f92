import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type {
  AccessLevelId,
  ComputerGuid,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  PersonId,
  PolicyId,
  RecordTypeId,
  SecretId,
} from '../../server/ids.ts';
import type { AwsRules } from '../../server/protocol/aws-words.ts';
import {
  type MasterPasswordRule,
  type Mode,
  masterPasswordRules,
  modes,
  type RecordingRule,
  type RecordKind,
  recordingRules,
  recordKinds,
} from '../../server/protocol/session-words.ts';
import { bytes, type FieldValues, moment, oneOf } from './columns.ts';
import { groups, people } from './people.ts';
import { recordTypes } from './record-types.ts';

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
    description: text('description').notNull().default(''),
    /** The kind of secret; always that of its record type. */
    type: text('type').$type<RecordKind>().notNull(),
    recordTypeId: uuid('record_type_id')
      .$type<RecordTypeId>()
      .notNull()
      .references(() => recordTypes.id),
    /** Values of the fields that its record type adds, by the name of the field. Nothing in them is secret. */
    fields: jsonb('fields').$type<FieldValues>().notNull().default({}),
    username: text('username').notNull(),
    /** NULL: the secret of another credential is used, `referenceId`. */
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .references(() => secrets.id),
    /** Reference Record: whose secret this credential signs in with. One hop: that one has a secret of its own. */
    referenceId: uuid('reference_id')
      .$type<CredentialId>()
      .references((): AnyPgColumn => credentials.id),
    /** Who typed the secret last, and so knows it anyway. */
    secretEnteredBy: uuid('secret_entered_by')
      .$type<PersonId>()
      .references(() => people.id),
    /** NULL: shared. Otherwise the person whose own it is. */
    ownerId: uuid('owner_id')
      .$type<PersonId>()
      .references(() => people.id),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('credentials_type', oneOf('type', recordKinds)),
    // Whoever calls AWS through the gateway must not have the keys.
    check('credentials_aws_shared', sql`type <> 'aws_access_key' or owner_id is null`),
    check('credentials_one_secret', sql`num_nonnulls(secret_id, reference_id) = 1`),
    check('credentials_reference_other', sql`reference_id <> id`),
    index('credentials_reference').on(table.referenceId).where(sql`reference_id is not null`),
    uniqueIndex('credentials_shared_name').on(sql`lower(${table.name})`).where(sql`owner_id is null`),
    uniqueIndex('credentials_personal_name').on(table.ownerId, sql`lower(${table.name})`),
  ],
);

export const suspensionCauses = ['new_target', 'address', 'host_key'] as const;
/** Why a secret waits: put to use somewhere by one who did not enter it; another address; another host key. */
export type SuspensionCause = (typeof suspensionCauses)[number];

/**
 * The addresses that administrators put a shared credential to use for. Its secret goes nowhere else, whatever the row of
 * a computer says, and nowhere while it is suspended there: until it is entered again, or somebody else than the
 * administrator whose change it was confirms it. An address is forgotten with the last computer there that uses it.
 */
export const credentialTargets = pgTable(
  'credential_targets',
  {
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .notNull()
      .references(() => credentials.id, { onDelete: 'cascade' }),
    server: text('server').notNull(),
    port: integer('port').notNull(),
    addedAt: moment('added_at').notNull().defaultNow(),
    /** The host key it may be shown to, as `SHA256:…`; NULL until one is pinned at this address. */
    hostKey: text('host_key'),
    suspendedAt: moment('suspended_at'),
    suspendedBy: uuid('suspended_by')
      .$type<PersonId>()
      .references(() => people.id),
    suspendedWhy: text('suspended_why').$type<SuspensionCause>(),
  },
  (table) => [
    primaryKey({ columns: [table.credentialId, table.server, table.port] }),
    check('credential_targets_cause', oneOf('suspended_why', suspensionCauses)),
    check('credential_targets_suspended', sql`(suspended_at is null) = (suspended_why is null)`),
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
    /** Host name or address to dial, and up to two more that are dialled when it does not answer. */
    server: text('server').notNull(),
    server2: text('server2'),
    server3: text('server3'),
    port: integer('port').notNull(),
    /** What Connect signs in with. */
    sharedCredentialId: uuid('shared_credential_id')
      .$type<CredentialId>()
      .references(() => credentials.id),
    /** Plain text for whoever works there, on the session's panel. */
    notes: text('notes').notNull().default(''),
    disabledAt: moment('disabled_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('computers_name').on(sql`lower(${table.name})`),
    check('computers_mode', oneOf('mode', modes)),
    check('computers_port', sql`port between 1 and 65535`),
  ],
);

/** A name for more (or other) rights at a computer than the standard ones, such as `Operator` or `Root`. */
export const accessLevels = pgTable(
  'access_levels',
  {
    id: uuid('id').$type<AccessLevelId>().primaryKey(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('access_levels_name').on(sql`lower(${table.name})`)],
);

/** Shared credentials of a computer besides that of Connect: Advanced Mode offers them to whoever has their access level. */
export const computerCredentials = pgTable(
  'computer_credentials',
  {
    computerId: bigint('computer_id', { mode: 'number' })
      .$type<ComputerId>()
      .notNull()
      .references(() => computers.id),
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .notNull()
      .references(() => credentials.id, { onDelete: 'cascade' }),
    /** NULL: the standard level. */
    accessLevelId: uuid('access_level_id')
      .$type<AccessLevelId>()
      .references(() => accessLevels.id),
  },
  (table) => [
    primaryKey({ columns: [table.computerId, table.credentialId] }),
    index('computer_credentials_credential').on(table.credentialId),
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
    masterPassword: text('master_password').$type<MasterPasswordRule>().notNull().default('each_time'),
    /** People may work with credentials of their own. */
    allowPersonal: boolean('allow_personal').notNull().default(true),
    /** While a credential is checked out under this policy, nobody else gets it. */
    exclusiveCheckOut: boolean('exclusive_check_out').notNull().default(false),
    /** How long a session waits for a browser that went away; 0: not at all. */
    graceSeconds: integer('grace_seconds').notNull().default(60),
    /** A session ends when no key was typed for so long; NULL: never for that. */
    idleTimeoutMinutes: integer('idle_timeout_minutes'),
    /** NULL: as long as the right lasts. */
    maxDurationMinutes: integer('max_duration_minutes'),
    /** Auditors may look at running sessions. */
    allowSnooping: boolean('allow_snooping').notNull().default(false),
    /** The person is told who looks. */
    tellWatched: boolean('tell_watched').notNull().default(true),
    /** How long recordings are kept; NULL: as the settings say. */
    retentionDays: integer('retention_days'),
    /** What may be called on AWS; NULL: `defaultAwsRules`. */
    aws: jsonb('aws').$type<AwsRules>(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('policies_name').on(sql`lower(${table.name})`),
    check('policies_recording', oneOf('recording', recordingRules)),
    check('policies_master_password', oneOf('master_password', masterPasswordRules)),
    check('policies_grace', sql`grace_seconds between 0 and 86400`),
    check('policies_idle_timeout', sql`idle_timeout_minutes between 1 and 1440`),
    check('policies_max_duration', sql`max_duration_minutes between 1 and 10080`),
    check('policies_retention', sql`retention_days between 1 and 36500`),
  ],
);

/** A grant connects a person or a group with a computer, or with a record for calls, under a policy, for a time. */
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
      .references(() => computers.id),
    /** A record whose keys are used without a computer. */
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .references(() => credentials.id),
    policyId: uuid('policy_id')
      .$type<PolicyId>()
      .notNull()
      .references(() => policies.id),
    /** NULL: the standard level. */
    accessLevelId: uuid('access_level_id')
      .$type<AccessLevelId>()
      .references(() => accessLevels.id),
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
    index('grants_credential').on(table.credentialId).where(sql`credential_id is not null`),
    check('grants_one_object', sql`num_nonnulls(computer_id, credential_id) = 1`),
    check('grants_one_subject', sql`num_nonnulls(person_id, group_id) = 1`),
    check('grants_order', sql`ends_at is null or starts_at is null or starts_at < ends_at`),
  ],
);

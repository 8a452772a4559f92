import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type {
  ComputerGuid,
  ComputerId,
  CredentialId,
  GrantId,
  GroupId,
  PersonId,
  PolicyId,
  SecretId,
} from '../../server/ids.ts';
import {
  type MasterPasswordRule,
  type Mode,
  masterPasswordRules,
  modes,
  type RecordingRule,
  recordingRules,
} from '../../server/protocol/session-words.ts';
import { bytes, moment, oneOf } from './columns.ts';
import { groups, people } from './people.ts';

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
    uniqueIndex('credentials_personal_name').on(table.ownerId, sql`lower(${table.name})`),
  ],
);

/**
 * The addresses that administrators put a shared credential to use for. Its secret goes nowhere else, whatever the row of
 * a computer says. An address is forgotten with the last computer there that uses the credential.
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
  },
  (table) => [primaryKey({ columns: [table.credentialId, table.server, table.port] })],
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
    masterPassword: text('master_password').$type<MasterPasswordRule>().notNull().default('each_time'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('policies_name').on(sql`lower(${table.name})`),
    check('policies_recording', oneOf('recording', recordingRules)),
    check('policies_master_password', oneOf('master_password', masterPasswordRules)),
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

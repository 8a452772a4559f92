import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { AuthorityId, AwsCallId, CredentialId, SecretId, SessionId } from '../../server/ids.ts';
import { type AwsEndpointHost, type AwsRoute, awsEndpointHosts, awsRoutes } from '../../server/protocol/aws-words.ts';
import { moment, oneOf } from './columns.ts';
import { credentials, secrets } from './inventory.ts';
import { sessions } from './sessions.ts';

/** What a credential of kind `aws_access_key` has besides: where its keys may be used, and by which number it is named. */
export const awsRecords = pgTable(
  'aws_records',
  {
    credentialId: uuid('credential_id')
      .$type<CredentialId>()
      .primaryKey()
      .references(() => credentials.id, { onDelete: 'cascade' }),
    /** RECORD in `TOKEN-ID#RECORD`. */
    number: bigint('number', { mode: 'number' }).generatedAlwaysAsIdentity().notNull().unique(),
    /** `aws`, `aws-cn`, `aws-us-gov`, … */
    partition: text('partition').notNull().default('aws'),
    /** Empty: all of the partition. */
    regions: text('regions').array().notNull().default(sql`'{}'`),
    /** By the names that signatures carry, such as `s3`; empty: all. */
    services: text('services').array().notNull().default(sql`'{}'`),
    /** `{team: 'data'}`, for `tag:team=data`. */
    tags: jsonb('tags').$type<Record<string, string>>().notNull().default({}),
    /** Names below AWS's that customers make, such as API gateways: whoever owns one sees what is sent there. */
    allowCustomerNames: boolean('allow_customer_names').notNull().default(false),
    /** Where calls go instead of AWS. Set only together with the keys. */
    endpointUrl: text('endpoint_url'),
    endpointHost: text('endpoint_host').$type<AwsEndpointHost>().notNull().default('kept'),
    endpointCaPem: text('endpoint_ca_pem'),
    /** What `sts:GetCallerIdentity` said last: the account and name of the keys, or why not. */
    checkedAt: moment('checked_at'),
    checkedArn: text('checked_arn'),
    checkProblem: text('check_problem'),
    disabledAt: moment('disabled_at'),
  },
  () => [check('aws_records_endpoint_host', oneOf('endpoint_host', awsEndpointHosts))],
);

/** One call of the AWS proxy, from the moment it was allowed. What was refused before is in the audit log alone. */
export const awsCalls = pgTable(
  'aws_calls',
  {
    /** The request id that its answer carries. */
    id: uuid('id').$type<AwsCallId>().primaryKey(),
    sessionId: uuid('session_id')
      .$type<SessionId>()
      .notNull()
      .references(() => sessions.id),
    startedAt: moment('started_at').notNull(),
    route: text('route').$type<AwsRoute>().notNull(),
    service: text('service').notNull(),
    /** NULL: not known, and named by method and path. */
    operation: text('operation'),
    region: text('region').notNull(),
    host: text('host').notNull(),
    method: text('method').notNull(),
    path: text('path').notNull(),
    resource: text('resource'),
    /** What was asked for, bounded, without what its model or its name calls secret. */
    parameters: jsonb('parameters').$type<Record<string, unknown>>().notNull().default({}),
    /** NULL: allowed. Otherwise the code of the refusal. */
    refusal: text('refusal'),
    /** The same signature was seen before. */
    isRepeat: boolean('is_repeat').notNull().default(false),
    /** As the client says: `s3 cp`. */
    command: text('command'),
    userAgent: text('user_agent'),
    address: text('address'),
    finishedAt: moment('finished_at'),
    /** HTTP status of the answer; NULL where there was none. */
    status: integer('status'),
    /** The request ids of AWS, by which its own log is joined. */
    awsRequestId: text('aws_request_id'),
    bytesIn: bigint('bytes_in', { mode: 'number' }).notNull().default(0),
    bytesOut: bigint('bytes_out', { mode: 'number' }).notNull().default(0),
    /** How it ended, where it did not end well: `client_gone`, `access_ended`, `upstream`, … */
    problem: text('problem'),
  },
  (table) => [
    index('aws_calls_session').on(table.sessionId, table.startedAt),
    index('aws_calls_started').on(table.startedAt),
    check('aws_calls_route', oneOf('route', awsRoutes)),
  ],
);

/** The gateway's own certificate authorities. Their keys are in the vault. */
export const authorities = pgTable(
  'authorities',
  {
    id: uuid('id').$type<AuthorityId>().primaryKey(),
    purpose: text('purpose').$type<'aws_proxy'>().notNull(),
    certificatePem: text('certificate_pem').notNull(),
    secretId: uuid('secret_id')
      .$type<SecretId>()
      .notNull()
      .references(() => secrets.id),
    createdAt: moment('created_at').notNull(),
    retiredAt: moment('retired_at'),
  },
  (table) => [
    check('authorities_purpose', oneOf('purpose', ['aws_proxy'])),
    uniqueIndex('authorities_in_use').on(table.purpose).where(sql`retired_at is null`),
  ],
);

import { and, asc, eq, gt, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CredentialId, PersonId, RecordTypeId } from '../../server/ids.ts';
import type { AwsEndpointHost } from '../../server/protocol/aws-words.ts';
import { choiceRows, type FoundChoice, type ListQuery, type Page } from '../../server/protocol/list-query.ts';
import type { AwsRecordSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import type { FieldValues } from '../schema/columns.ts';
import { authorities, awsRecords, credentials, grants, groupMembers, policies, recordTypes } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound } from './page.ts';

/** Where the keys of a record may be used, and for what. */
export type AwsRecordValues = {
  partition: string;
  regions: string[];
  services: string[];
  tags: Record<string, string>;
  allowCustomerNames: boolean;
};
export type AwsEndpointValues = {
  endpointUrl: string | null;
  endpointHost: AwsEndpointHost;
  endpointCaPem: string | null;
};

/** A record without its keys: all that may ever be shown. */
export type AwsRecordRow = AwsRecordValues &
  AwsEndpointValues & {
    credentialId: CredentialId;
    /** RECORD in `TOKEN-ID#RECORD`. */
    number: number;
    name: string;
    description: string;
    accessKeyId: string;
    recordTypeId: RecordTypeId;
    fields: FieldValues;
    /** Whose keys it uses, if not its own. */
    reference: { credentialId: CredentialId; name: string } | null;
    checkedAt: Date | null;
    checkedArn: string | null;
    checkProblem: string | null;
    disabledAt: Date | null;
    /** Its record type is switched off, and so is it. */
    isTypeDisabled: boolean;
    /** How many name it that nobody revoked. */
    grants: number;
    updatedAt: Date;
  };

export async function insertAwsRecord(tx: Tx, credentialId: CredentialId, values: AwsRecordValues): Promise<number> {
  const [row] = await tx
    .insert(awsRecords)
    .values({ credentialId, ...values })
    .returning({ number: awsRecords.number });
  if (!row) throw new TypeError('The insert gave no row back.');
  return row.number;
}

type Changes = Partial<
  AwsRecordValues & AwsEndpointValues & Pick<AwsRecordRow, 'checkedAt' | 'checkedArn' | 'checkProblem' | 'disabledAt'>
>;

export async function updateAwsRecord(tx: Tx, credentialId: CredentialId, changes: Changes): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  await tx.update(awsRecords).set(changes).where(eq(awsRecords.credentialId, credentialId));
}

const referred = alias(credentials, 'referred');
const grantCount = sql<number>`(select count(*)::int from grants g
  where g.credential_id = ${credentials.id} and g.revoked_at is null)`;

function joined(tx: Tx) {
  return tx
    .select({
      credentialId: sql<CredentialId>`${credentials.id}`.as('credential_id'),
      number: awsRecords.number,
      name: credentials.name,
      description: credentials.description,
      accessKeyId: credentials.username,
      recordTypeId: credentials.recordTypeId,
      fields: credentials.fields,
      reference: {
        credentialId: sql<CredentialId>`${referred.id}`.as('referred_id'),
        name: sql<string>`${referred.name}`.as('referred_name'),
      },
      partition: awsRecords.partition,
      regions: awsRecords.regions,
      services: awsRecords.services,
      tags: awsRecords.tags,
      allowCustomerNames: awsRecords.allowCustomerNames,
      endpointUrl: awsRecords.endpointUrl,
      endpointHost: awsRecords.endpointHost,
      endpointCaPem: awsRecords.endpointCaPem,
      checkedAt: awsRecords.checkedAt,
      checkedArn: awsRecords.checkedArn,
      checkProblem: awsRecords.checkProblem,
      disabledAt: awsRecords.disabledAt,
      isTypeDisabled: sql<boolean>`${recordTypes.disabledAt} is not null`.as('is_type_disabled'),
      grants: grantCount.as('grants'),
      updatedAt: credentials.updatedAt,
    })
    .from(awsRecords)
    .innerJoin(credentials, eq(credentials.id, awsRecords.credentialId))
    .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
    .leftJoin(referred, eq(referred.id, credentials.referenceId));
}

type Joined = Awaited<ReturnType<typeof joined>>[number];

// A record that refers to none has a reference of NULLs.
function rowOf({ reference, ...row }: Joined): AwsRecordRow {
  return { ...row, reference: reference.credentialId ? reference : null };
}

const tagTexts = sql`(select string_agg(t.key || '=' || t.value, ' ') from jsonb_each_text(${awsRecords.tags}) t)`;

/** The records whose number, name, description, access key id or tags have all words of the search. */
export async function pageOfAwsRecords(tx: Tx, query: ListQuery<AwsRecordSort>): Promise<Page<AwsRecordRow>> {
  const number = sql`${awsRecords.number}::text`;
  const texts = [number, credentials.name, credentials.description, credentials.username, tagTexts];
  const wanted = matchesAll(query.search, texts);
  const order: Record<AwsRecordSort, SQL> = {
    name: sql`lower(${credentials.name})`,
    number: sql`${awsRecords.number}`,
    accessKeyId: sql`lower(${credentials.username})`,
    updated: sql`${credentials.updatedAt}`,
  };
  const page = await pageOfFound(tx, query, () => joined(tx).where(wanted), orderOf(query, order, credentials.id));
  return { ...page, rows: page.rows.map(rowOf) };
}

/** A record as it is at this moment. Whoever changes it locks its credential first. */
export async function findAwsRecord(tx: Tx, id: CredentialId): Promise<AwsRecordRow | undefined> {
  const [row] = await joined(tx).where(eq(credentials.id, id));
  return row && rowOf(row);
}

/** The access key id goes with the secret: records that refer to another one have its. */
export async function carryAccessKeyId(tx: Tx, id: CredentialId, accessKeyId: string): Promise<void> {
  await tx.update(credentials).set({ username: accessKeyId }).where(eq(credentials.referenceId, id));
}

/** Whether anybody was ever granted this record. */
export async function hasGrantOn(tx: Tx, id: CredentialId): Promise<boolean> {
  const [row] = await tx.select({ id: grants.id }).from(grants).where(eq(grants.credentialId, id)).limit(1);
  return row !== undefined;
}

/** What the form of a grant offers: records by number, name and access key id. */
export async function findAwsRecordChoices(tx: Tx, search: string): Promise<FoundChoice[]> {
  return tx
    .select({
      value: sql<string>`${credentials.id}::text`,
      label: credentials.name,
      hint: sql<string>`'No. ' || ${awsRecords.number} || ', ' || ${credentials.username}`,
    })
    .from(awsRecords)
    .innerJoin(credentials, eq(credentials.id, awsRecords.credentialId))
    .where(matchesAll(search, [sql`${awsRecords.number}::text`, credentials.name, credentials.username]))
    .orderBy(asc(sql`lower(${credentials.name})`), asc(credentials.id))
    .limit(choiceRows);
}

/** A record as whoever may use it sees it: nothing of its keys. */
export type UsableRecord = Pick<
  AwsRecordRow,
  'credentialId' | 'number' | 'name' | 'description' | 'partition' | 'regions' | 'services' | 'tags'
> & { policy: string; until: Date | null; goesElsewhere: boolean };

/** The records that somebody has a grant on in force, by name; of several grants the one that lasts longest is told. */
export async function listUsableRecords(tx: Tx, personId: PersonId, now: Date): Promise<UsableRecord[]> {
  const isTheirs = or(
    eq(grants.personId, personId),
    sql`exists (select 1 from ${groupMembers}
      where ${groupMembers.groupId} = ${grants.groupId} and ${groupMembers.personId} = ${personId})`,
  );
  const isInForce = and(
    isNull(grants.revokedAt),
    or(isNull(grants.startsAt), lte(grants.startsAt, now)),
    or(isNull(grants.endsAt), gt(grants.endsAt, now)),
  );
  const rows = await tx
    .selectDistinctOn([credentials.id], {
      credentialId: credentials.id,
      number: awsRecords.number,
      name: credentials.name,
      description: credentials.description,
      partition: awsRecords.partition,
      regions: awsRecords.regions,
      services: awsRecords.services,
      tags: awsRecords.tags,
      policy: policies.name,
      until: grants.endsAt,
      goesElsewhere: sql<boolean>`${awsRecords.endpointUrl} is not null`,
    })
    .from(grants)
    .innerJoin(awsRecords, eq(awsRecords.credentialId, grants.credentialId))
    .innerJoin(credentials, eq(credentials.id, awsRecords.credentialId))
    .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
    .innerJoin(policies, eq(policies.id, grants.policyId))
    .where(and(isTheirs, isInForce, isNull(awsRecords.disabledAt), isNull(recordTypes.disabledAt)))
    .orderBy(asc(credentials.id), sql`${grants.endsAt} desc nulls first`);
  return rows.sort((one, other) => one.name.localeCompare(other.name));
}

/** The certificate of the proxy's authority that is in use, in PEM. */
export async function findProxyCertificate(tx: Tx): Promise<string | undefined> {
  const [row] = await tx
    .select({ pem: authorities.certificatePem })
    .from(authorities)
    .where(and(eq(authorities.purpose, 'aws_proxy'), isNull(authorities.retiredAt)));
  return row?.pem;
}

import { and, asc, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CallGrantFacts, RecordAccess, TokenFacts } from '../../server/decide/call-aws.ts';
import type { PersonFacts } from '../../server/decide/facts.ts';
import type { SearchedRecord } from '../../server/decide/record-search.ts';
import type { ApiTokenId, CredentialId, PersonId, SecretId } from '../../server/ids.ts';
import type { AwsEndpointHost } from '../../server/protocol/aws-words.ts';
import type { Tx } from '../connect.ts';
import {
  apiTokenRecords,
  apiTokens,
  awsRecords,
  credentials,
  grants,
  groupMembers,
  people,
  policies,
  recordTypes,
} from '../schema.ts';

/** A record that a person was granted, whether in force or not, with what a call is made with but the keys. */
export type GrantedRecord = RecordAccess & {
  search: SearchedRecord;
  accessKeyId: string;
  /** Whose secret its keys are: its own, or that of the record it refers to. */
  keysOf: CredentialId;
  secretId: SecretId | null;
  endpoint: { url: string; host: AwsEndpointHost; caPem?: string } | null;
};

export type TokenAccess = {
  /** As programs name it, and as its person does. */
  tokenId: string;
  tokenName: string;
  token: TokenFacts;
  secretId: SecretId;
  person: PersonFacts;
  records: readonly GrantedRecord[];
};

/** The token that programs name so, with whose it is and every record that its person was ever granted. */
export async function findTokenAccess(tx: Tx, tokenId: string): Promise<TokenAccess | undefined> {
  const [access] = await loadTokens(tx, eq(apiTokens.tokenId, tokenId));
  return access;
}

/** The same of several tokens, by their ids. */
export async function loadTokenAccess(tx: Tx, ids: readonly ApiTokenId[]): Promise<Map<ApiTokenId, TokenAccess>> {
  if (ids.length === 0) return new Map();
  const found = await loadTokens(tx, inArray(apiTokens.id, [...ids]));
  return new Map(found.map((access) => [access.token.id, access]));
}

async function loadTokens(tx: Tx, which: ReturnType<typeof eq>): Promise<TokenAccess[]> {
  const { id, tokenId, scopes, networks, expiresAt, revokedAt, secretId } = apiTokens;
  const rows = await tx
    .select({
      token: { id, scopes, networks, expiresAt, revokedAt },
      tokenId,
      tokenName: apiTokens.name,
      secretId,
      person: { id: people.id, roles: people.roles, disabledAt: people.disabledAt },
      records: sql<CredentialId[]>`coalesce(
        (select array_agg(${apiTokenRecords.credentialId}) from ${apiTokenRecords}
         where ${apiTokenRecords.apiTokenId} = ${id}), '{}')`,
    })
    .from(apiTokens)
    .innerJoin(people, eq(people.id, apiTokens.personId))
    .where(which);
  const granted = await loadRecords(tx, [...new Set(rows.map(({ person }) => person.id))]);
  return rows.map(({ token, records, ...row }) => ({
    ...row,
    token: { ...token, records },
    records: granted.get(row.person.id) ?? [],
  }));
}

const reference = alias(credentials, 'reference');
const referenceRecord = alias(awsRecords, 'reference_record');
const reached = alias(people, 'reached');

// The strictest first, as at computers: the rules that a policy has before those that every policy has, then the shortest time.
async function loadRecords(tx: Tx, ids: readonly PersonId[]): Promise<Map<PersonId, GrantedRecord[]>> {
  const found = new Map<PersonId, GrantedRecord[]>();
  if (ids.length === 0) return found;
  const rows = await tx
    .select({
      personId: reached.id,
      credential: {
        id: credentials.id,
        name: credentials.name,
        description: credentials.description,
        username: credentials.username,
        secretId: credentials.secretId,
      },
      reference: { id: reference.id, username: reference.username, secretId: reference.secretId },
      record: awsRecords,
      keysDisabledAt: referenceRecord.disabledAt,
      typeDisabledAt: recordTypes.disabledAt,
      grant: { id: grants.id, startsAt: grants.startsAt, endsAt: grants.endsAt, revokedAt: grants.revokedAt },
      policy: policies,
    })
    .from(reached)
    .innerJoin(
      grants,
      and(
        isNotNull(grants.credentialId),
        or(
          eq(grants.personId, reached.id),
          sql`exists (select 1 from ${groupMembers} where ${groupMembers.groupId} = ${grants.groupId} and ${groupMembers.personId} = ${reached.id})`,
        ),
      ),
    )
    .innerJoin(credentials, eq(credentials.id, grants.credentialId))
    .innerJoin(awsRecords, eq(awsRecords.credentialId, credentials.id))
    .innerJoin(recordTypes, eq(recordTypes.id, credentials.recordTypeId))
    .innerJoin(policies, eq(policies.id, grants.policyId))
    .leftJoin(reference, eq(reference.id, credentials.referenceId))
    .leftJoin(referenceRecord, eq(referenceRecord.credentialId, reference.id))
    .where(inArray(reached.id, [...ids]))
    .orderBy(
      asc(awsRecords.number),
      sql`${policies.aws} is null`,
      sql`${policies.maxDurationMinutes} asc nulls last`,
      sql`${grants.endsAt} desc nulls first`,
      asc(grants.id),
    );
  for (const { personId, grant, policy, ...row } of rows) {
    const records = found.get(personId) ?? [];
    found.set(personId, records);
    const known = records.find(({ record }) => record.id === row.credential.id);
    const facts: CallGrantFacts = { ...grant, policy };
    if (known) known.grants = [...known.grants, facts];
    else records.push({ ...recordOf(row), grants: [facts] });
  }
  return found;
}

type RecordRow = {
  credential: { id: CredentialId; name: string; description: string; username: string; secretId: SecretId | null };
  reference: { id: CredentialId; username: string; secretId: SecretId | null } | null;
  record: typeof awsRecords.$inferSelect;
  keysDisabledAt: Date | null;
  typeDisabledAt: Date | null;
};

function recordOf({ credential, reference, record, ...row }: RecordRow): Omit<GrantedRecord, 'grants'> {
  const { id, name, description } = credential;
  const { number, tags, partition, regions, services, allowCustomerNames, disabledAt } = record;
  const isDisabled = Boolean(disabledAt ?? row.keysDisabledAt ?? row.typeDisabledAt);
  const { endpointUrl: url, endpointHost: host, endpointCaPem } = record;
  const keys = reference ?? credential;
  return {
    record: { id, isDisabled, partition, regions, services, allowCustomerNames },
    search: { number, name, description, tags },
    accessKeyId: keys.username,
    keysOf: keys.id,
    secretId: keys.secretId,
    endpoint: url === null ? null : { url, host, ...(endpointCaPem === null ? {} : { caPem: endpointCaPem }) },
  };
}

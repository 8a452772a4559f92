import { and, count, desc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm';
import type { ApiTokenId, CredentialId, LoginSessionId, PersonId, SecretId } from '../../server/ids.ts';
import type { ApiTokenScope } from '../../server/protocol/aws-words.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { ApiTokenSort } from '../../server/protocol/list-sorts.ts';
import type { Tx } from '../connect.ts';
import { apiTokenRecords, apiTokens, awsCalls, people, sessions } from '../schema.ts';
import { matchesAll, orderOf, pageOfFound } from './page.ts';

/** A token as screens show it: never with its secret. */
export type ApiTokenRow = {
  apiTokenId: ApiTokenId;
  /** TOKEN-ID, as programs name it. */
  tokenId: string;
  name: string;
  person: { personId: PersonId; name: string; email: string };
  scopes: ApiTokenScope[];
  networks: string[];
  /** The names of the only records it is for; none: all that its person may use. */
  records: string[];
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  lastUsedFrom: string | null;
};

export type NewApiToken = {
  id: ApiTokenId;
  tokenId: string;
  name: string;
  personId: PersonId;
  scopes: ApiTokenScope[];
  secretId: SecretId;
  networks: string[];
  createdAt: Date;
  createdIn: LoginSessionId | null;
  expiresAt: Date;
};

/** Stores a token, for these records only unless there are none. Its secret is stored already. */
export async function insertApiToken(tx: Tx, token: NewApiToken, records: readonly CredentialId[]): Promise<void> {
  await tx.insert(apiTokens).values(token);
  if (records.length === 0) return;
  await tx.insert(apiTokenRecords).values(records.map((credentialId) => ({ apiTokenId: token.id, credentialId })));
}

// Written out, because drizzle drops the names of tables where a query has only one.
const recordNames = sql<
  string[]
>`array(select c.name from api_token_records r join credentials c on c.id = r.credential_id
  where r.api_token_id = api_tokens.id order by lower(c.name))`;

function joined(tx: Tx) {
  return tx
    .select({
      apiTokenId: sql<ApiTokenId>`${apiTokens.id}`.as('api_token_id'),
      tokenId: apiTokens.tokenId,
      name: sql<string>`${apiTokens.name}`.as('token_name'),
      person: { personId: people.id, name: people.name, email: people.email },
      scopes: apiTokens.scopes,
      networks: apiTokens.networks,
      records: recordNames.as('records'),
      createdAt: apiTokens.createdAt,
      expiresAt: apiTokens.expiresAt,
      revokedAt: apiTokens.revokedAt,
      lastUsedAt: apiTokens.lastUsedAt,
      lastUsedFrom: apiTokens.lastUsedFrom,
    })
    .from(apiTokens)
    .innerJoin(people, eq(people.id, apiTokens.personId));
}

/** The tokens whose name, TOKEN-ID or person have all words of the search; those that can be used first. */
export async function pageOfApiTokens(tx: Tx, query: ListQuery<ApiTokenSort>, now: Date): Promise<Page<ApiTokenRow>> {
  const wanted = matchesAll(query.search, [apiTokens.name, apiTokens.tokenId, people.name, people.email]);
  const order: Record<ApiTokenSort, SQL> = {
    created: sql`${apiTokens.createdAt}`,
    name: sql`lower(${apiTokens.name})`,
    person: sql`lower(${people.name})`,
    expires: sql`${apiTokens.expiresAt}`,
    lastUsed: sql`${apiTokens.lastUsedAt}`,
  };
  const isOver = sql`(${apiTokens.revokedAt} is not null or ${apiTokens.expiresAt} <= ${now.toISOString()}::timestamptz)`;
  return pageOfFound(tx, query, () => joined(tx).where(wanted), [isOver, ...orderOf(query, order, apiTokens.id)]);
}

/** The latest tokens of a person, newest first. */
export async function listApiTokensOf(tx: Tx, personId: PersonId, limit: number): Promise<ApiTokenRow[]> {
  return joined(tx).where(eq(apiTokens.personId, personId)).orderBy(desc(apiTokens.id)).limit(limit);
}

/** How many of a person's tokens could be used at this moment. */
export async function countLivingTokens(tx: Tx, personId: PersonId, now: Date): Promise<number> {
  const isLiving = and(isNull(apiTokens.revokedAt), gt(apiTokens.expiresAt, now));
  const [row] = await tx
    .select({ n: count() })
    .from(apiTokens)
    .where(and(eq(apiTokens.personId, personId), isLiving));
  return row?.n ?? 0;
}

export type LockedToken = { id: ApiTokenId; tokenId: string; personId: PersonId; revokedAt: Date | null };

/** The token, locked until the transaction ends. */
export async function lockApiToken(tx: Tx, id: ApiTokenId): Promise<LockedToken | undefined> {
  const { tokenId, personId, revokedAt } = apiTokens;
  const [row] = await tx
    .select({ id: apiTokens.id, tokenId, personId, revokedAt })
    .from(apiTokens)
    .where(eq(apiTokens.id, id))
    .for('update');
  return row;
}

type Revocation = { revokedAt: Date; revokedBy: PersonId | null };

export async function markTokenRevoked(tx: Tx, id: ApiTokenId, revocation: Revocation): Promise<void> {
  await tx.update(apiTokens).set(revocation).where(eq(apiTokens.id, id));
}

/** Revokes every token of a person that could still be used; answers which. */
export async function markTokensRevoked(
  tx: Tx,
  personId: PersonId,
  revocation: Revocation,
): Promise<{ apiTokenId: ApiTokenId; tokenId: string }[]> {
  return tx
    .update(apiTokens)
    .set(revocation)
    .where(
      and(eq(apiTokens.personId, personId), isNull(apiTokens.revokedAt), gt(apiTokens.expiresAt, revocation.revokedAt)),
    )
    .returning({ apiTokenId: apiTokens.id, tokenId: apiTokens.tokenId });
}

/** The latest call that was made with a token. */
export type LatestCall = {
  service: string;
  operation: string | null;
  at: Date;
  status: number | null;
  refusal: string | null;
};

export async function findLatestCall(tx: Tx, apiTokenId: ApiTokenId): Promise<LatestCall | undefined> {
  const [row] = await tx
    .select({
      service: awsCalls.service,
      operation: awsCalls.operation,
      at: awsCalls.startedAt,
      status: awsCalls.status,
      refusal: awsCalls.refusal,
    })
    .from(awsCalls)
    .innerJoin(sessions, eq(sessions.id, awsCalls.sessionId))
    .where(eq(sessions.apiTokenId, apiTokenId))
    .orderBy(desc(awsCalls.startedAt))
    .limit(1);
  return row;
}

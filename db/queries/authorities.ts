import { and, eq, isNull, sql } from 'drizzle-orm';
import type { AuthorityId, SecretId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { authorities } from '../schema.ts';

export type AuthorityRow = { id: AuthorityId; certificatePem: string; secretId: SecretId; createdAt: Date };

/** The authority of the AWS proxy that is in use. */
export async function findProxyAuthority(tx: Tx): Promise<AuthorityRow | undefined> {
  const [row] = await tx
    .select({
      id: authorities.id,
      certificatePem: authorities.certificatePem,
      secretId: authorities.secretId,
      createdAt: authorities.createdAt,
    })
    .from(authorities)
    .where(and(eq(authorities.purpose, 'aws_proxy'), isNull(authorities.retiredAt)));
  return row;
}

const makingLock = 7_725_591_152;

/** Keeps others from making one until the transaction ends. */
export async function lockAuthorities(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${makingLock})`);
}

export async function insertProxyAuthority(tx: Tx, row: AuthorityRow): Promise<void> {
  await tx.insert(authorities).values({ ...row, purpose: 'aws_proxy' });
}

import { eq, sql } from 'drizzle-orm';
import type { PolicyId } from '../../server/ids.ts';
import type { AwsRules } from '../../server/protocol/aws-words.ts';
import type { ListQuery, Page } from '../../server/protocol/list-query.ts';
import type { PolicySort } from '../../server/protocol/list-sorts.ts';
import type { MasterPasswordRule, RecordingRule } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { policies } from '../schema.ts';
import { matchesAll, orderOf, readPage } from './page.ts';

export type PolicyValues = {
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  trustFirstHostKey: boolean;
  masterPassword: MasterPasswordRule;
  allowPersonal: boolean;
  exclusiveCheckOut: boolean;
  graceSeconds: number;
  idleTimeoutMinutes: number | null;
  maxDurationMinutes: number | null;
  allowSnooping: boolean;
  tellWatched: boolean;
  retentionDays: number | null;
  /** What may be called on AWS; NULL: `defaultAwsRules`. */
  aws: AwsRules | null;
};
/** `grants`: how many name it that nobody revoked. */
export type PolicyRow = PolicyValues & { policyId: PolicyId; grants: number };

export async function insertPolicy(tx: Tx, policy: PolicyValues & { id: PolicyId }): Promise<void> {
  await tx.insert(policies).values(policy);
}

const valueColumns = {
  name: policies.name,
  recording: policies.recording,
  recordInput: policies.recordInput,
  allowCopy: policies.allowCopy,
  allowPaste: policies.allowPaste,
  trustFirstHostKey: policies.trustFirstHostKey,
  masterPassword: policies.masterPassword,
  allowPersonal: policies.allowPersonal,
  exclusiveCheckOut: policies.exclusiveCheckOut,
  graceSeconds: policies.graceSeconds,
  idleTimeoutMinutes: policies.idleTimeoutMinutes,
  maxDurationMinutes: policies.maxDurationMinutes,
  allowSnooping: policies.allowSnooping,
  tellWatched: policies.tellWatched,
  retentionDays: policies.retentionDays,
  aws: policies.aws,
};
// Written out, because drizzle drops the names of tables where a query has only one.
const grantCount = sql<number>`(
  select count(*) from grants g where g.policy_id = policies.id and g.revoked_at is null)`;

/** The policies whose name has all words of the search. */
export async function pageOfPolicies(tx: Tx, query: ListQuery<PolicySort>): Promise<Page<PolicyRow>> {
  const wanted = matchesAll(query.search, [policies.name]);
  const order = { name: sql`lower(${policies.name})`, grants: grantCount };
  return readPage(
    query,
    () => tx.$count(policies, wanted),
    ({ limit, offset }) =>
      tx
        .select({ policyId: policies.id, ...valueColumns, grants: grantCount.mapWith(Number) })
        .from(policies)
        .where(wanted)
        .orderBy(...orderOf(query, order, policies.id))
        .limit(limit)
        .offset(offset),
  );
}

/** By its name, whatever its case. */
export async function findPolicyByName(tx: Tx, name: string): Promise<{ id: PolicyId } | undefined> {
  const [policy] = await tx
    .select({ id: policies.id })
    .from(policies)
    .where(sql`lower(${policies.name}) = lower(${name})`);
  return policy;
}

/** The row as it is, locked until the transaction ends. */
export async function lockPolicy(tx: Tx, id: PolicyId): Promise<PolicyValues | undefined> {
  const [row] = await tx.select().from(policies).where(eq(policies.id, id)).for('update');
  return row;
}

export async function updatePolicy(tx: Tx, id: PolicyId, values: PolicyValues): Promise<void> {
  await tx.update(policies).set(values).where(eq(policies.id, id));
}

import { asc, eq, sql } from 'drizzle-orm';
import type { PolicyId } from '../../server/ids.ts';
import type { MasterPasswordRule, RecordingRule } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { policies } from '../schema.ts';

export type PolicyValues = {
  name: string;
  recording: RecordingRule;
  recordInput: boolean;
  allowCopy: boolean;
  allowPaste: boolean;
  trustFirstHostKey: boolean;
  masterPassword: MasterPasswordRule;
};

export async function insertPolicy(tx: Tx, policy: PolicyValues & { id: PolicyId }): Promise<void> {
  await tx.insert(policies).values(policy);
}

export async function listAllPolicies(tx: Tx): Promise<(PolicyValues & { policyId: PolicyId })[]> {
  const rows = await tx
    .select()
    .from(policies)
    .orderBy(asc(sql`lower(${policies.name})`));
  return rows.map(({ id, createdAt: _, ...values }) => ({ policyId: id, ...values }));
}

/** The row as it is, locked until the transaction ends. */
export async function lockPolicy(tx: Tx, id: PolicyId): Promise<PolicyValues | undefined> {
  const [row] = await tx.select().from(policies).where(eq(policies.id, id)).for('update');
  return row;
}

export async function updatePolicy(tx: Tx, id: PolicyId, values: PolicyValues): Promise<void> {
  await tx.update(policies).set(values).where(eq(policies.id, id));
}

import type { Tx } from '../../db/connect.ts';
import { hasGrant, insertGrant } from '../../db/queries/grants.ts';
import { findPolicyByName, insertPolicy, type PolicyValues } from '../../db/queries/policies.ts';
import { type ComputerId, type GrantId, newId, type PolicyId } from '../ids.ts';
import type { ComputerKey, DemoComputer } from './demo-computers.ts';
import type { DemoPeople, RecordEvent } from './demo-people.ts';

const strict = {
  recording: 'required',
  recordInput: false,
  trustFirstHostKey: false,
  allowPersonal: true,
  exclusiveCheckOut: false,
  graceSeconds: 60,
  idleTimeoutMinutes: null,
  maxDurationMinutes: null,
  tellWatched: true,
  retentionDays: null,
  aws: null,
} as const;
const recorded: PolicyValues = {
  ...strict,
  name: 'Recorded',
  allowCopy: true,
  allowPaste: true,
  masterPassword: 'browser_session',
  allowSnooping: true,
};
const lockedDown: PolicyValues = {
  ...strict,
  name: 'Locked down',
  allowCopy: false,
  allowPaste: false,
  masterPassword: 'each_time',
  allowSnooping: false,
};

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Policies and grants that show every case: by group, to a person, ended (Connect is greyed out), host down. Made once:
 * what somebody revoked or changed in a demo stays so.
 */
export async function seedGrants(
  tx: Tx,
  record: RecordEvent,
  { people, computers, now }: { people: DemoPeople; computers: DemoComputer[]; now: Date },
): Promise<void> {
  const policies = {
    recorded: await seedPolicy(tx, record, recorded),
    lockedDown: await seedPolicy(tx, record, lockedDown),
  };
  const user = { personId: people.ids.user, groupId: null };
  const operators = { personId: null, groupId: people.operators };
  const ended = { startsAt: new Date(now.getTime() - 30 * dayMs), endsAt: new Date(now.getTime() - dayMs) };
  const always = { startsAt: null, endsAt: null };
  const standard = { accessLevelId: null, createdBy: people.ids.admin, createdAt: now };
  const wanted = {
    build: { ...operators, ...always, policyId: policies.recorded },
    database: { ...user, ...always, policyId: policies.lockedDown },
    archive: { ...user, ...ended, policyId: policies.lockedDown },
    down: { ...operators, ...always, policyId: policies.recorded },
  } satisfies { [K in ComputerKey]: object };
  for (const { key, id } of computers) {
    const computerId = id as ComputerId;
    if (await hasGrant(tx, computerId)) continue;
    const grant = { id: newId<GrantId>(), computerId, ...standard, ...wanted[key] };
    await insertGrant(tx, grant);
    const { id: grantId, personId, groupId, policyId, accessLevelId } = grant;
    record({ kind: 'grant.created', subject: { grantId, computerId, personId, groupId, policyId, accessLevelId } });
  }
}

async function seedPolicy(tx: Tx, record: RecordEvent, values: PolicyValues): Promise<PolicyId> {
  const found = await findPolicyByName(tx, values.name);
  if (found) return found.id;
  const id = newId<PolicyId>();
  await insertPolicy(tx, { ...values, id });
  record({ kind: 'policy.created', subject: { policyId: id, name: values.name } });
  return id;
}

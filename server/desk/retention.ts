import type { Tx } from '../../db/connect.ts';
import { changeRetention, giveRetention } from '../../db/queries/retention.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { PersonId, PolicyId, SessionId } from '../ids.ts';

const dayMs = 24 * 3_600_000;
/** Whoever disagrees with a new day for what was to be kept for ever has this long to say so. */
const noticeMs = 30 * dayMs;

/** Says until when a recording is kept that is closed in this transaction. */
export async function startRetention(tx: Tx, sessionId: SessionId): Promise<void> {
  const { retentionDays } = await readSettings(tx);
  await giveRetention(tx, sessionId, retentionDays);
}

type Change = { policyId?: PolicyId; actorId: PersonId; now: Date };

/** After a policy or the setting was changed in this transaction: brings its recordings to it, and writes down how many. */
export async function followRetention(
  tx: Tx,
  record: (event: AuditEvent) => void,
  { policyId, actorId, now }: Change,
): Promise<void> {
  const { retentionDays: byDefault } = await readSettings(tx);
  const soonest = new Date(now.getTime() + noticeMs);
  const which = policyId ? { policyId } : ({ ofSetting: true } as const);
  const changed = await changeRetention(tx, { byDefault, soonest, ...which });
  if (changed.lengthened + changed.dated === 0) return;
  const subject = { policyId: policyId ?? null, ...changed };
  record({ kind: 'recordings.retention_changed', actorId, subject });
}

import type { PolicySnapshot } from '../../db/schema.ts';
import type { PolicyFacts } from '../decide/facts.ts';

/** The terms of a policy as they are kept with a session. Field by field: what a policy gains later is not evidence by itself. */
export function snapshotOf(policy: PolicyFacts): PolicySnapshot {
  const { id, name, recording, recordInput, allowCopy, allowPaste, trustFirstHostKey, masterPassword } = policy;
  const { graceSeconds, idleTimeoutMinutes, maxDurationMinutes, allowSnooping, tellWatched } = policy;
  return {
    policyId: id,
    name,
    recording,
    recordInput,
    allowCopy,
    allowPaste,
    trustFirstHostKey,
    masterPassword,
    limits: { graceSeconds, idleTimeoutMinutes, maxDurationMinutes },
    watching: { allowSnooping, tellWatched },
  };
}

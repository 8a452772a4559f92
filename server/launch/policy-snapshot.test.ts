/** Contract: what is kept with a session is what its policy said then, its limits among it, and nothing else of it. */
import { expect, test } from 'vitest';
import type { PolicyFacts } from '../decide/facts.ts';
import type { PolicyId } from '../ids.ts';
import { snapshotOf } from './policy-snapshot.ts';

const policy: PolicyFacts = {
  id: '01980000-0000-7000-8000-000000000001' as PolicyId,
  name: 'Night shift',
  recording: 'required',
  recordInput: true,
  allowCopy: false,
  allowPaste: true,
  trustFirstHostKey: false,
  masterPassword: 'each_time',
  allowPersonal: true,
  exclusiveCheckOut: true,
  graceSeconds: 30,
  idleTimeoutMinutes: 10,
  maxDurationMinutes: null,
  allowSnooping: true,
  tellWatched: false,
};

test('a snapshot has the terms and the limits', () => {
  expect(snapshotOf(policy)).toEqual({
    policyId: policy.id,
    name: 'Night shift',
    recording: 'required',
    recordInput: true,
    allowCopy: false,
    allowPaste: true,
    trustFirstHostKey: false,
    masterPassword: 'each_time',
    limits: { graceSeconds: 30, idleTimeoutMinutes: 10, maxDurationMinutes: null },
    watching: { allowSnooping: true, tellWatched: false },
  });
});

test('a policy that gains something has the same snapshot until somebody decides that it is evidence', () => {
  expect(snapshotOf({ ...policy, added: 'later' } as PolicyFacts)).toEqual(snapshotOf(policy));
});

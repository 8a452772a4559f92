'use client';

import { Checkbox, CheckboxGroup } from '#app/components/ui/checkbox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import {
  type MasterPasswordRule,
  masterPasswordRules,
  type RecordingRule,
  recordingRules,
} from '#server/protocol/session-words.ts';
import { changePolicy, createPolicy } from './actions.ts';
import { AwsFields, awsRulesOf } from './aws-fields.tsx';
import { LimitFields, limitsOf } from './limit-fields.tsx';
import type { Policy } from './policies-list.tsx';

const recordingLabels: Record<RecordingRule, string> = {
  required: 'Required: no recorder, no session',
  best_effort: 'If possible: a session goes on without',
  off: 'Off: nothing is recorded',
};

const masterPasswordLabels: Record<MasterPasswordRule, string> = {
  each_time: 'Each time: for every session',
  browser_session: 'Once: until the browser is closed, at most 8 hours',
};

/** One form for a new policy and an old one: both are saved whole. */
export function PolicyForm({ policy, onDone }: { policy?: Policy; onDone: () => void }) {
  const creating = useAction(createPolicy, { done: 'The policy was added.', onDone });
  const changing = useAction(changePolicy, { done: 'The policy was saved.', onDone });
  const { pending, problem, errors } = policy ? changing : creating;

  const save = (data: FormData) => {
    if (policy) changing.run({ ...policyOf(data), policyId: policy.policyId });
    else creating.run(policyOf(data));
  };

  return (
    <Form
      {...{ pending, problem, errors }}
      submitLabel={policy ? 'Save' : 'Add policy'}
      onCancel={onDone}
      onSubmit={save}
    >
      <TextField label="Name" name="name" defaultValue={policy?.name} autoComplete="off" required />
      <Select
        label="Recording"
        name="recording"
        defaultValue={policy?.recording ?? 'required'}
        choices={recordingRules.map((value) => ({ value, label: recordingLabels[value] }))}
      />
      <Select
        label="Master password"
        name="masterPassword"
        defaultValue={policy?.masterPassword ?? 'each_time'}
        choices={masterPasswordRules.map((value) => ({ value, label: masterPasswordLabels[value] }))}
        hint="How often people prove who they are before they connect."
      />
      <CheckboxGroup label="What people may do">
        <Checkbox name="allowCopy" label="Copy text out of the session" defaultChecked={policy?.allowCopy} />
        <Checkbox name="allowPaste" label="Paste text into the session" defaultChecked={policy?.allowPaste} />
        <Checkbox
          name="allowPersonal"
          label="Work with credentials of their own"
          hint="Besides the shared ones that the computer has."
          defaultChecked={policy?.allowPersonal}
        />
        <Checkbox
          name="trustFirstHostKey"
          label="Approve the host key of a new computer"
          hint="Otherwise only administrators may, when they connect or under Computers."
          defaultChecked={policy?.trustFirstHostKey}
        />
      </CheckboxGroup>
      <CheckboxGroup label="Shared credentials">
        <Checkbox
          name="exclusiveCheckOut"
          label="One person at a time"
          hint="While somebody works with a credential under this policy, nobody else gets it."
          defaultChecked={policy?.exclusiveCheckOut}
        />
      </CheckboxGroup>
      <LimitFields policy={policy} />
      <AwsFields rules={policy?.aws ?? null} />
      <CheckboxGroup label="What is kept">
        <Checkbox
          name="recordInput"
          label="Also record keys that are typed"
          hint="Never while the computer does not show them, as at a password prompt."
          defaultChecked={policy?.recordInput}
        />
      </CheckboxGroup>
    </Form>
  );
}

function policyOf(data: FormData) {
  const recording = data.get('recording');
  const masterPassword = data.get('masterPassword');
  return {
    name: String(data.get('name')),
    recording: recordingRules.find((rule) => rule === recording) ?? ('required' as const),
    masterPassword: masterPasswordRules.find((rule) => rule === masterPassword) ?? ('each_time' as const),
    recordInput: data.has('recordInput'),
    allowCopy: data.has('allowCopy'),
    allowPaste: data.has('allowPaste'),
    trustFirstHostKey: data.has('trustFirstHostKey'),
    allowPersonal: data.has('allowPersonal'),
    exclusiveCheckOut: data.has('exclusiveCheckOut'),
    ...limitsOf(data),
    aws: awsRulesOf(data),
  };
}

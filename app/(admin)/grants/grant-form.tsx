'use client';

import { useState } from 'react';
import { isoFromField } from '#app/components/form-moment.ts';
import { Combobox } from '#app/components/ui/combobox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { readGrantee } from '#server/protocol/grantee.ts';
import {
  createGrant,
  findAccessLevelChoices,
  findAwsRecordChoices,
  findComputerChoices,
  findGranteeChoices,
  findPolicyChoices,
} from './actions.ts';

const objects = [
  { value: 'computer', label: 'A computer' },
  { value: 'record', label: 'AWS, with a record' },
];

export function GrantForm({ onDone }: { onDone: () => void }) {
  const [object, setObject] = useState<'computer' | 'record'>('computer');
  const { run, ...state } = useAction(createGrant, { done: 'The grant is in place.', onDone });
  return (
    <Form {...state} submitLabel="Add grant" onCancel={onDone} onSubmit={(data) => run(grantOf(data))}>
      <Combobox label="Person or group" name="personId" load={findGranteeChoices} required />
      <Select
        label="Access to"
        name="object"
        value={object}
        choices={objects}
        onChange={(event) => setObject(event.target.value === 'record' ? 'record' : 'computer')}
      />
      {object === 'computer' ? (
        <Combobox
          key="computer"
          label="Computer"
          name="computerId"
          load={findComputerChoices}
          emptyHint="There is no computer yet. Add one under Computers first."
          required
        />
      ) : (
        <Combobox
          key="record"
          label="AWS record"
          name="credentialId"
          load={findAwsRecordChoices}
          hint="People call AWS with its keys through the proxy, and never see them."
          emptyHint="There is no AWS record yet. Add one under Credentials, AWS records."
          required
        />
      )}
      <Combobox
        label="Policy"
        name="policyId"
        load={findPolicyChoices}
        emptyHint="There is no policy yet. Add one under Policies first."
        required
      />
      {object === 'computer' && (
        <Combobox
          label="Access level"
          name="accessLevelId"
          load={findAccessLevelChoices}
          placeholder="Standard"
          hint="Which credentials of the computer may be used. Empty: the standard ones."
          emptyHint="There are no levels besides the standard one. Add some under Access levels."
          optional
        />
      )}
      <TextField
        label="From"
        name="startsAt"
        type="datetime-local"
        hint="On your own clock. Empty: at once."
        optional
      />
      <TextField
        label="Until"
        name="endsAt"
        type="datetime-local"
        hint="Empty: no end. Sessions that still run then are closed."
        optional
      />
    </Form>
  );
}

function grantOf(data: FormData) {
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    ...readGrantee(text('personId')),
    computerId: text('computerId'),
    credentialId: text('credentialId'),
    policyId: text('policyId'),
    accessLevelId: text('accessLevelId'),
    startsAt: isoFromField(text('startsAt')),
    endsAt: isoFromField(text('endsAt')),
  };
}

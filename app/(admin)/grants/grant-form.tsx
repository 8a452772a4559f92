'use client';

import { isoFromField } from '#app/components/form-moment.ts';
import { Combobox } from '#app/components/ui/combobox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { readGrantee } from '#server/protocol/grantee.ts';
import {
  createGrant,
  findAccessLevelChoices,
  findComputerChoices,
  findGranteeChoices,
  findPolicyChoices,
} from './actions.ts';

export function GrantForm({ onDone }: { onDone: () => void }) {
  const { run, ...state } = useAction(createGrant, { done: 'The grant is in place.', onDone });
  return (
    <Form {...state} submitLabel="Add grant" onCancel={onDone} onSubmit={(data) => run(grantOf(data))}>
      <Combobox label="Person or group" name="personId" load={findGranteeChoices} required />
      <Combobox
        label="Computer"
        name="computerId"
        load={findComputerChoices}
        emptyHint="There is no computer yet. Add one under Computers first."
        required
      />
      <Combobox
        label="Policy"
        name="policyId"
        load={findPolicyChoices}
        emptyHint="There is no policy yet. Add one under Policies first."
        required
      />
      <Combobox
        label="Access level"
        name="accessLevelId"
        load={findAccessLevelChoices}
        placeholder="Standard"
        hint="Which credentials of the computer may be used. Empty: the standard ones."
        emptyHint="There are no levels besides the standard one. Add some under Access levels."
        optional
      />
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
    policyId: text('policyId'),
    accessLevelId: text('accessLevelId'),
    startsAt: isoFromField(text('startsAt')),
    endsAt: isoFromField(text('endsAt')),
  };
}

'use client';

import { isoFromField } from '#app/components/form-moment.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { createGrant } from './actions.ts';

export type GrantChoices = {
  people: readonly { id: string; name: string; email: string }[];
  groups: readonly { id: string; name: string }[];
  computers: readonly { computerId: number; name: string }[];
  policies: readonly { policyId: string; name: string }[];
};

export function GrantForm({ choices, onDone }: { choices: GrantChoices; onDone: () => void }) {
  const { run, ...state } = useAction(createGrant, { done: 'The grant is in place.', onDone });
  const { computers, policies } = choices;
  if (computers.length === 0 || policies.length === 0) {
    const [missing, href] = computers.length === 0 ? ['computer', '/computers'] : ['policy', '/policies'];
    return (
      <div className="grid gap-4">
        <Banner tone="info">A grant needs a {missing}, and there is none yet.</Banner>
        <div className="flex justify-end">
          <ButtonLink href={href} look="primary">
            Add a {missing} first
          </ButtonLink>
        </div>
      </div>
    );
  }
  return (
    <Form {...state} submitLabel="Add grant" onCancel={onDone} onSubmit={(data) => run(grantOf(data))}>
      <Select
        label="Person or group"
        name="personId"
        placeholder="Choose…"
        choices={subjectChoices(choices)}
        required
      />
      <Select
        label="Computer"
        name="computerId"
        placeholder="Choose…"
        choices={computers.map(({ computerId, name }) => ({ value: String(computerId), label: name }))}
        required
      />
      <Select
        label="Policy"
        name="policyId"
        placeholder={policies.length > 1 ? 'Choose…' : undefined}
        choices={policies.map(({ policyId, name }) => ({ value: policyId, label: name }))}
        required
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

const groupPrefix = 'group:';

function subjectChoices({ people, groups }: GrantChoices) {
  return [
    ...people.map(({ id, name, email }) => ({ value: id, label: `${name} (${email})`, group: 'People' })),
    ...groups.map(({ id, name }) => ({ value: groupPrefix + id, label: name, group: 'Groups' })),
  ];
}

// One list for both, so that nobody has to say first which of the two it is.
function grantOf(data: FormData) {
  const subject = String(data.get('personId'));
  const isGroup = subject.startsWith(groupPrefix);
  return {
    personId: isGroup ? null : subject,
    groupId: isGroup ? subject.slice(groupPrefix.length) : null,
    computerId: String(data.get('computerId')),
    policyId: String(data.get('policyId')),
    startsAt: isoFromField(String(data.get('startsAt') ?? '')),
    endsAt: isoFromField(String(data.get('endsAt') ?? '')),
  };
}

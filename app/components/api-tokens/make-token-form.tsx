'use client';

import { Checkbox, CheckboxGroup } from '#app/components/ui/checkbox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField, TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { tokenBounds } from '#server/protocol/aws-words.ts';
import type { ActionResult } from '../action-result.ts';

export type MadeToken = { apiTokenId: string; tokenId: string; secret: string; expiresAt: Date };

type NewToken = { name: string; days: string; networks: string; credentialIds: string[]; password: string };
export type MakeToken = (input: NewToken) => Promise<ActionResult<MadeToken>>;

type MakeTokenFormProps = {
  make: MakeToken;
  /** The records that the person may use now. */
  records: readonly { credentialId: string; name: string; number: number }[];
  onMade: (token: MadeToken) => void;
  onCancel?: () => void;
};

/** A new token for programs: named, for a time, and for as little as wanted. */
export function MakeTokenForm({ make, records, onMade, onCancel }: MakeTokenFormProps) {
  const { run, ...state } = useAction(make, { onDone: onMade });
  const [least, most] = tokenBounds.days;
  return (
    <Form {...state} submitLabel="Make token" onCancel={onCancel} onSubmit={(data) => run(tokenOf(data))}>
      <TextField
        label="Name"
        name="name"
        autoComplete="off"
        hint="Where you use it, such as “laptop” or “nightly build”."
        required
      />
      <TextField
        label="Days until it ends"
        name="days"
        inputMode="numeric"
        autoComplete="off"
        defaultValue="90"
        hint={`From ${least} to ${most}.`}
        required
      />
      <TextArea
        label="Only from these networks"
        name="networks"
        rows={2}
        autoComplete="off"
        spellCheck={false}
        placeholder="192.0.2.0/24"
        hint="Apart by commas or lines. Empty: from anywhere."
        optional
      />
      {records.length > 0 && (
        <CheckboxGroup label="Only for these records" hint="None: for all that you may use, also later ones.">
          {records.map(({ credentialId, name, number }) => (
            <Checkbox key={credentialId} name="credentialIds" value={credentialId} label={`${name} (No. ${number})`} />
          ))}
        </CheckboxGroup>
      )}
      <PasswordField
        label="Master password"
        name="password"
        autoComplete="current-password"
        hint="The token stands for it from now on: whoever has the token’s secret can call AWS as you may."
        required
      />
    </Form>
  );
}

function tokenOf(data: FormData): NewToken {
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    name: text('name'),
    days: text('days'),
    networks: text('networks'),
    credentialIds: data.getAll('credentialIds').map(String),
    password: text('password'),
  };
}

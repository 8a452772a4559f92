'use client';

import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { useAction } from '#app/components/use-action.ts';
import type { SignInKind } from '#server/protocol/session-words.ts';
import type { ActionResult } from '../action-result.ts';
import { NameFields, RecordFields } from './record-fields.tsx';
import {
  type ChangedCredential,
  credentialOf,
  type EditableCredential,
  type NewCredential,
  type RecordForm,
  type SecretSource,
  type Waiting,
} from './record-values.ts';
import { type FindReferences, SecretFields } from './secret-fields.tsx';

type Act<Input> = (input: Input) => Promise<ActionResult<unknown>>;

type AddCredentialFormProps = {
  create: Act<NewCredential>;
  findReferences: FindReferences;
  recordForms: readonly RecordForm[];
  onDone: () => void;
};

export function AddCredentialForm({ create, findReferences, recordForms, onDone }: AddCredentialFormProps) {
  const enabled = recordForms.filter(isOffered);
  const [typeId, setTypeId] = useState(enabled[0]?.recordTypeId);
  const [source, setSource] = useState<SecretSource>('own');
  const { run, ...state } = useAction(create, { done: 'The credential was sealed and stored.', onDone });
  const type = enabled.find(({ recordTypeId }) => recordTypeId === typeId);
  if (!type) {
    return (
      <Banner tone="warn">
        Every record type is disabled, so nothing new can be stored. An administrator can enable one.
      </Banner>
    );
  }
  const { kind, fields, recordTypeId } = type;
  return (
    <Form
      {...state}
      submitLabel="Add credential"
      onCancel={onDone}
      onSubmit={(data) => run({ type: kind, recordTypeId, ...credentialOf(data, { kind, fields, source }) })}
    >
      <Select
        label="Record type"
        name="recordTypeId"
        value={recordTypeId}
        choices={enabled.map(({ recordTypeId: value, name }) => ({ value, label: name }))}
        onChange={(event) => setTypeId(event.target.value)}
      />
      <NameFields />
      <SecretFields kind={kind} source={source} onSource={setSource} findReferences={findReferences} />
      <RecordFields key={recordTypeId} fields={fields} />
    </Form>
  );
}

type SignInForm = RecordForm & { kind: SignInKind };

function isOffered(form: RecordForm): form is SignInForm {
  return !form.disabledAt && form.kind !== 'aws_access_key';
}

type ChangeCredentialFormProps = {
  credential: EditableCredential;
  change: Act<ChangedCredential>;
  findReferences: FindReferences;
  recordForms: readonly RecordForm[];
  onDone: () => void;
};

export function ChangeCredentialForm({ credential, change, recordForms, onDone, ...props }: ChangeCredentialFormProps) {
  const { credentialId, type: kind, reference } = credential;
  const [source, setSource] = useState<SecretSource>(reference ? 'reference' : 'own');
  const { run, ...state } = useAction(change, { done: 'The credential was saved.', onDone });
  const fields = recordForms.find(({ recordTypeId }) => recordTypeId === credential.recordTypeId)?.fields ?? [];
  const { suspended = 0, waitsAt = [], waitingSince } = credential;
  const seen = waitingSince ? { waitingSince } : {};
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ credentialId, ...seen, ...credentialOf(data, { kind, fields, source }) })}
    >
      <NameFields {...credential} />
      <SecretFields
        kind={kind}
        source={source}
        onSource={setSource}
        credentialId={credentialId}
        reference={reference}
        hasSecret={!reference}
        {...props}
      />
      {source === 'own' && suspended > 0 && <WaitingBanner suspended={suspended} waitsAt={waitsAt} />}
      <RecordFields fields={fields} values={credential.fields} />
    </Form>
  );
}

function WaitingBanner({ suspended, waitsAt }: Pick<Waiting, 'suspended' | 'waitsAt'>) {
  const more = suspended - waitsAt.length;
  return (
    <Banner tone="warn" title="A secret that is entered here goes where it waits">
      {waitsAt.join(', ')}
      {more > 0 && ` and ${more} more`}. Whoever runs these hosts can read it. Look at Computers, Waiting for
      confirmation, if you do not know them.
    </Banner>
  );
}

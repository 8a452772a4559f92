'use client';

import { Banner } from '#app/components/ui/banner.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { setEndpoint } from './actions.ts';
import type { AwsRecord } from './aws-record.ts';
import { KeyFields, keysOf } from './key-fields.tsx';

const hosts = [
  { value: 'kept', label: 'As the program named it' },
  { value: 'path_style', label: 'The endpoint, with the bucket in the path' },
];

/** Where the calls of a record go instead of AWS. The keys are entered again with it. */
export function EndpointForm({ record, onDone }: { record: AwsRecord; onDone: () => void }) {
  const { run, ...state } = useAction(setEndpoint, { done: 'The endpoint was saved, with the new keys.', onDone });
  const save = (data: FormData) => {
    const text = (name: string) => String(data.get(name) ?? '');
    const { accessKeyId = '', secretAccessKey = '', sessionToken } = keysOf(data);
    run({
      credentialId: record.credentialId,
      endpointUrl: text('endpointUrl'),
      endpointHost: text('endpointHost') === 'path_style' ? 'path_style' : 'kept',
      endpointCaPem: text('endpointCaPem'),
      accessKeyId,
      secretAccessKey,
      sessionToken,
    });
  };
  return (
    <Form {...state} submitLabel="Save endpoint and keys" onCancel={onDone} onSubmit={save}>
      <Banner tone="warn" title="The keys are asked for again">
        Only who knows the keys can send calls elsewhere. Those entered here replace what was sealed.
      </Banner>
      <TextField
        label="Endpoint"
        name="endpointUrl"
        defaultValue={record.endpointUrl ?? ''}
        autoComplete="off"
        inputMode="url"
        spellCheck={false}
        placeholder="https://minio.example.org:9000"
        hint="Empty: AWS itself. Plain http only to loopback addresses that ALLOW_TARGETS lists."
        optional
      />
      <Select label="Host name that is sent" name="endpointHost" defaultValue={record.endpointHost} choices={hosts} />
      <TextArea
        label="Certificate authority"
        name="endpointCaPem"
        mono
        rows={4}
        defaultValue={record.endpointCaPem ?? ''}
        autoComplete="off"
        spellCheck={false}
        placeholder="-----BEGIN CERTIFICATE-----"
        hint="The only one that is believed there. Empty: the usual ones."
        optional
      />
      <KeyFields record={record} isAgain />
    </Form>
  );
}

'use client';

import { useState } from 'react';
import { RecordFields } from '#app/components/credential-forms/record-fields.tsx';
import { fieldName, type RecordForm } from '#app/components/credential-forms/record-values.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Checkbox } from '#app/components/ui/checkbox.tsx';
import { Combobox } from '#app/components/ui/combobox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { awsPartitions } from '#server/protocol/aws-words.ts';
import { changeRecord, createRecord, findReferences } from './actions.ts';
import { type AwsRecord, partitionLabels, tagLines } from './aws-record.ts';
import { KeyFields, keysOf } from './key-fields.tsx';

type AwsRecordFormProps = { record?: AwsRecord; types: readonly RecordForm[]; onDone: () => void };

/** One form for a new record and an old one. Keys that are there are never shown, and kept where none are entered. */
export function AwsRecordForm({ record, types, onDone }: AwsRecordFormProps) {
  const creating = useAction(createRecord, { done: 'The record was sealed and stored.', onDone });
  const changing = useAction(changeRecord, { done: 'The record was saved.', onDone });
  const enabled = types.filter(({ disabledAt }) => !disabledAt);
  const [typeId, setTypeId] = useState(record?.recordTypeId ?? enabled[0]?.recordTypeId);
  const [borrows, setBorrows] = useState(false);
  const type = types.find(({ recordTypeId }) => recordTypeId === typeId);
  if (!type) return <TypeDisabled />;

  const { pending, problem, errors } = record ? changing : creating;
  const save = (data: FormData) => {
    const values = valuesOf(data, type);
    if (record) {
      const { credentialId, endpointUrl } = record;
      changing.run({ ...values, ...keysOf(data), credentialId, seenEndpointUrl: endpointUrl });
    } else {
      const referenceId = borrows ? String(data.get('referenceId') ?? '') : null;
      creating.run({ ...values, ...(borrows ? {} : keysOf(data)), recordTypeId: type.recordTypeId, referenceId });
    }
  };
  return (
    <Form
      {...{ pending, problem, errors }}
      submitLabel={record ? 'Save' : 'Add record'}
      onCancel={onDone}
      onSubmit={save}
    >
      {!record && enabled.length > 1 && (
        <Select
          label="Record type"
          name="recordTypeId"
          value={type.recordTypeId}
          choices={enabled.map(({ recordTypeId: value, name }) => ({ value, label: name }))}
          onChange={(event) => setTypeId(event.target.value)}
        />
      )}
      <TextField label="Name" name="name" defaultValue={record?.name} autoComplete="off" required />
      <TextArea label="Description" name="description" rows={2} defaultValue={record?.description} optional />
      {!record && (
        <Select
          label="Keys"
          name="keySource"
          value={borrows ? 'reference' : 'own'}
          choices={keySources}
          onChange={(event) => setBorrows(event.target.value === 'reference')}
        />
      )}
      {borrows && <ReferenceField />}
      {record?.reference && <Banner>The keys of {record.reference.name} are used. Change them there.</Banner>}
      {!borrows && !record?.reference && <KeyFields record={record} />}
      <ScopeFields record={record} />
      <RecordFields key={type.recordTypeId} fields={type.fields} values={record?.fields} />
    </Form>
  );
}

const keySources = [
  { value: 'own', label: 'Entered here' },
  { value: 'reference', label: 'Those of another record' },
];

function ReferenceField() {
  return (
    <Combobox
      label="Reference record"
      name="referenceId"
      load={({ search }) => findReferences({ search, type: 'aws_access_key', except: null })}
      hint="Its keys are used, with the regions, services and tags of this record."
      emptyHint="There is no other record with keys of its own for AWS."
      required
    />
  );
}

function TypeDisabled() {
  return (
    <Banner tone="warn" title="The record type is disabled">
      Enable “AWS Access Keys” under Record types first. It is off until somebody wants the AWS proxy.
    </Banner>
  );
}

function ScopeFields({ record }: { record?: AwsRecord }) {
  const list = { autoComplete: 'off', spellCheck: false, optional: true };
  return (
    <>
      <Select
        label="Partition"
        name="partition"
        defaultValue={record?.partition ?? 'aws'}
        choices={awsPartitions.map((value) => ({ value, label: partitionLabels[value] }))}
      />
      <TextField
        {...list}
        label="Regions"
        name="regions"
        defaultValue={record?.regions.join(', ')}
        placeholder="eu-central-1, us-east-1"
        hint="Apart by commas. Empty: all. Services without regions sign for us-east-1."
      />
      <TextField
        {...list}
        label="Services"
        name="services"
        defaultValue={record?.services.join(', ')}
        placeholder="s3, ec2, sts"
        hint="By the names that signatures carry. Empty: all."
      />
      <TextArea
        {...list}
        label="Tags"
        name="tags"
        rows={2}
        defaultValue={record && tagLines(record.tags)}
        placeholder="team=data"
        hint="People find the record by them: tag:team=data."
      />
      <Checkbox
        name="allowCustomerNames"
        label="Names that customers of AWS make are allowed"
        hint="Such as API gateways. Whoever owns one sees what is sent there, session token included."
        defaultChecked={record?.allowCustomerNames}
      />
    </>
  );
}

function valuesOf(data: FormData, { fields }: RecordForm) {
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    name: text('name'),
    description: text('description'),
    partition: awsPartitions.find((id) => id === data.get('partition')) ?? ('aws' as const),
    regions: text('regions'),
    services: text('services'),
    tags: text('tags'),
    allowCustomerNames: data.has('allowCustomerNames'),
    fields: Object.fromEntries(fields.map(({ name }) => [name, text(fieldName(name))])),
  };
}

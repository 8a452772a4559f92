'use client';

import { Select } from '#app/components/ui/select.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { fieldName, type RecordField } from './record-values.ts';

type Values = Readonly<Record<string, string | number | boolean>>;

/** Name, user name and description: what every credential has. */
export function NameFields({
  name,
  username,
  description,
}: {
  name?: string;
  username?: string;
  description?: string;
}) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        defaultValue={name}
        autoComplete="off"
        hint="How you find it again, such as “web servers, deploy”."
        required
      />
      <TextField
        label="User name"
        name="username"
        defaultValue={username}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        hint="The account at the computer."
        required
      />
      <TextArea label="Description" name="description" rows={2} defaultValue={description} optional />
    </>
  );
}

/** The fields that the record type adds, each by its type. What is in them is shown to whoever sees the credential. */
export function RecordFields({ fields, values = {} }: { fields: readonly RecordField[]; values?: Values }) {
  if (fields.length === 0) return null;
  return (
    <fieldset className="grid gap-4 rounded-lg border border-line p-3">
      <legend className="px-1 text-sm font-medium">Further fields</legend>
      <p className="-mt-3 text-sm text-muted">They are shown as they are. Keep secrets out of them.</p>
      {fields.map((field) => (
        <ValueField key={field.name} field={field} value={values[field.name]} />
      ))}
    </fieldset>
  );
}

type ValueFieldProps = { field: RecordField; value: string | number | boolean | undefined };

function ValueField({ field: { name, label, type, isRequired }, value }: ValueFieldProps) {
  const shared = { label, name: fieldName(name), optional: !isRequired, required: isRequired };
  const text = value === undefined ? '' : String(value);
  switch (type) {
    case 'boolean':
      return <Select {...shared} placeholder="Not said" choices={yesOrNo} defaultValue={text} />;
    case 'date':
      return <TextField {...shared} type="date" defaultValue={text} />;
    case 'number':
      return <TextField {...shared} inputMode="decimal" autoComplete="off" defaultValue={text} />;
    case 'url':
      return (
        <TextField
          {...shared}
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://"
          defaultValue={text}
        />
      );
    case 'text':
      return <TextField {...shared} autoComplete="off" defaultValue={text} />;
  }
}

const yesOrNo = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

'use client';

import { Button } from '#app/components/ui/button.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { definitionOf, settingInWords } from '#server/protocol/settings.ts';
import { changeSetting } from './actions.ts';
import type { Parameter } from './parameters-list.tsx';

/** The one field of a setting, and the way back to its default. */
export function ParameterForm({ parameter, onDone }: { parameter: Parameter; onDone: () => void }) {
  const { run, ...state } = useAction(changeSetting, { done: 'The setting was saved.', onDone });
  const { name, changed } = parameter;
  const { byDefault } = definitionOf(name);
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ name, value: String(data.get('value')) })}
    >
      <ValueField parameter={parameter} />
      {changed && (
        <p className="text-sm text-muted">
          The default is {settingInWords(name, byDefault)}.{' '}
          <Button size="small" disabled={state.pending} onClick={() => run({ name, value: null })}>
            Use the default
          </Button>
        </p>
      )}
    </Form>
  );
}

const yesOrNo = [
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

function ValueField({ parameter: { name, value } }: { parameter: Parameter }) {
  const definition = definitionOf(name);
  switch (definition.type) {
    case 'whole': {
      const { min, max, unit } = definition;
      return (
        <TextField
          label="Value"
          name="value"
          defaultValue={String(value)}
          inputMode="numeric"
          autoComplete="off"
          hint={`In ${unit}, from ${min} to ${max}.`}
          required
        />
      );
    }
    case 'flag':
      return <Select label="Value" name="value" defaultValue={String(value)} choices={yesOrNo} />;
    case 'text':
      return (
        <TextField
          label="Value"
          name="value"
          defaultValue={String(value)}
          maxLength={definition.longest}
          autoComplete="off"
          optional
        />
      );
  }
}

'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Checkbox } from '#app/components/ui/checkbox.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { type FieldType, fieldTypes } from '#server/protocol/session-words.ts';
import { addField, changeField, removeField } from '../actions.ts';
import { fieldTypeChoices } from '../record-type-labels.ts';

export type Field = { name: string; label: string; type: FieldType; isRequired: boolean; values: number };
export type FieldTask = { kind: 'add' } | { kind: 'change' | 'remove'; field: Field };

type FieldDialogsProps = { recordTypeId: string; task?: FieldTask; isOpen: boolean; onClose: () => void };

export function FieldDialogs({ recordTypeId, task, isOpen, onClose }: FieldDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  switch (task.kind) {
    case 'add':
      return (
        <Dialog {...frame} title="Add field">
          <AddForm recordTypeId={recordTypeId} onDone={onClose} />
        </Dialog>
      );
    case 'change':
      return (
        <Dialog {...frame} title={`Edit ${task.field.label}`}>
          <ChangeForm recordTypeId={recordTypeId} field={task.field} onDone={onClose} />
        </Dialog>
      );
    case 'remove': {
      const { name, label, values } = task.field;
      return (
        <ConfirmAct
          open={isOpen}
          onClose={onClose}
          title={`Remove ${label}?`}
          confirmLabel={values > 0 ? `Remove with ${counted(values)}` : 'Remove field'}
          action={removeField}
          input={{ recordTypeId, name, values }}
          done={`${label} was removed.`}
        >
          {values > 0
            ? `${values === 1 ? '1 credential has' : `${values} credentials have`} a value in this field. It is deleted with the field and cannot be brought back.`
            : 'No credential has a value in it.'}
        </ConfirmAct>
      );
    }
  }
}

function counted(values: number): string {
  return values === 1 ? '1 value' : `${values} values`;
}

type FormProps = { recordTypeId: string; onDone: () => void };

function AddForm({ recordTypeId, onDone }: FormProps) {
  const { run, ...state } = useAction(addField, { done: 'The field was added.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Add field"
      onCancel={onDone}
      onSubmit={(data) => run({ recordTypeId, name: String(data.get('name') ?? ''), ...fieldOf(data) })}
    >
      <TextField
        label="Name"
        name="name"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        hint="By which programs know it, such as AllowedHosts. It cannot be changed later."
        required
      />
      <FieldFields />
    </Form>
  );
}

function ChangeForm({ recordTypeId, field, onDone }: FormProps & { field: Field }) {
  const { run, ...state } = useAction(changeField, { done: 'The field was saved.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ recordTypeId, name: field.name, ...fieldOf(data) })}
    >
      <FieldFields {...field} />
    </Form>
  );
}

function FieldFields({ label, type, isRequired, values = 0 }: Partial<Field>) {
  return (
    <>
      <TextField
        label="Label"
        name="label"
        defaultValue={label}
        autoComplete="off"
        hint="How people read it in forms."
        required
      />
      <Select
        label="Values"
        name="type"
        choices={fieldTypeChoices}
        defaultValue={type}
        hint={
          values > 0
            ? 'What is stored must fit, or nothing is changed.'
            : 'They are shown to whoever sees the credential.'
        }
      />
      <Checkbox
        label="Required"
        name="isRequired"
        defaultChecked={isRequired}
        hint="Asked for with every new credential, and at the next change of one that has none."
      />
    </>
  );
}

function fieldOf(data: FormData) {
  const given = data.get('type');
  return {
    label: String(data.get('label') ?? ''),
    type: fieldTypes.find((type) => type === given) ?? ('text' as const),
    isRequired: data.get('isRequired') !== null,
  };
}

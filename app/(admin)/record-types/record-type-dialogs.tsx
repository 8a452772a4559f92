'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { changeRecordType, createRecordType, setRecordTypeDisabled } from './actions.ts';
import { kindChoices } from './record-type-labels.ts';

type RecordTypeNames = { recordTypeId: string; name: string; description: string };
export type RecordTypeTask = { kind: 'add' } | { kind: 'change' | 'disable' | 'enable'; type: RecordTypeNames };

type RecordTypeDialogsProps = { task?: RecordTypeTask; isOpen: boolean; onClose: () => void };

export function RecordTypeDialogs({ task, isOpen, onClose }: RecordTypeDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add record type">
        <AddForm onDone={onClose} />
      </Dialog>
    );
  }
  if (task.kind === 'change') {
    return (
      <Dialog {...frame} title={`Edit ${task.type.name}`}>
        <ChangeForm type={task.type} onDone={onClose} />
      </Dialog>
    );
  }
  const disabled = task.kind === 'disable';
  const { recordTypeId, name } = task.type;
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={disabled ? `Disable ${name}?` : `Enable ${name}?`}
      confirmLabel={disabled ? 'Disable' : 'Enable'}
      danger={disabled}
      action={setRecordTypeDisabled}
      input={{ recordTypeId, disabled }}
      done={disabled ? `${name} is disabled.` : `${name} is enabled.`}
    >
      {disabled
        ? 'Nobody can store new credentials of this type. Those that are there go on working and can be changed.'
        : 'New credentials of this type can be stored again.'}
    </ConfirmAct>
  );
}

function AddForm({ onDone }: { onDone: () => void }) {
  const { run, ...state } = useAction(createRecordType, {
    done: 'The record type was added. Open it to give it fields.',
    onDone,
  });
  return (
    <Form {...state} submitLabel="Add record type" onCancel={onDone} onSubmit={(data) => run(inputOf(data))}>
      <NameFields />
      <Select
        label="Secret"
        name="kind"
        choices={kindChoices}
        hint="What its credentials sign in with. It cannot be changed later."
      />
    </Form>
  );
}

function ChangeForm({ type, onDone }: { type: RecordTypeNames; onDone: () => void }) {
  const { run, ...state } = useAction(changeRecordType, { done: 'The record type was saved.', onDone });
  const { recordTypeId } = type;
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => {
        const { name, description } = inputOf(data);
        run({ recordTypeId, name, description });
      }}
    >
      <NameFields {...type} />
    </Form>
  );
}

function NameFields({ name, description }: { name?: string; description?: string }) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        defaultValue={name}
        autoComplete="off"
        hint="Such as “Domain account” or “Switch”."
        required
      />
      <TextArea label="Description" name="description" rows={2} defaultValue={description} optional />
    </>
  );
}

function inputOf(data: FormData) {
  const kind = data.get('kind') === 'ssh_key' ? ('ssh_key' as const) : ('password' as const);
  return { name: String(data.get('name') ?? ''), description: String(data.get('description') ?? ''), kind };
}

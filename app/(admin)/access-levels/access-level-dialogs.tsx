'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import type { AccessLevel } from './access-levels-list.tsx';
import { changeAccessLevel, createAccessLevel, deleteAccessLevel } from './actions.ts';

export type AccessLevelTask = { kind: 'add' } | { kind: 'change' | 'delete'; level: AccessLevel };

type AccessLevelDialogsProps = { task?: AccessLevelTask; isOpen: boolean; onClose: () => void };

export function AccessLevelDialogs({ task, isOpen, onClose }: AccessLevelDialogsProps) {
  if (!task) return null;
  if (task.kind === 'delete') {
    const { accessLevelId, name } = task.level;
    return (
      <ConfirmAct
        open={isOpen}
        onClose={onClose}
        title={`Delete ${name}?`}
        confirmLabel="Delete access level"
        action={deleteAccessLevel}
        input={{ accessLevelId }}
        done={`${name} was deleted.`}
      >
        Only a level that no computer uses and that was never granted can be deleted: grants are kept as evidence.
      </ConfirmAct>
    );
  }
  const level = task.kind === 'change' ? task.level : undefined;
  return (
    <Dialog
      open={isOpen}
      onOpenChange={(open) => !open && onClose()}
      title={level ? `Edit ${level.name}` : 'Add access level'}
    >
      <AccessLevelForm level={level} onDone={onClose} />
    </Dialog>
  );
}

function AccessLevelForm({ level, onDone }: { level?: AccessLevel; onDone: () => void }) {
  const creating = useAction(createAccessLevel, { done: 'The access level was added.', onDone });
  const changing = useAction(changeAccessLevel, { done: 'The change was saved.', onDone });
  const { pending, problem, errors } = level ? changing : creating;
  const save = (data: FormData) => {
    const values = { name: String(data.get('name')), description: String(data.get('description')) };
    if (level) changing.run({ ...values, accessLevelId: level.accessLevelId });
    else creating.run(values);
  };
  return (
    <Form
      {...{ pending, problem, errors }}
      submitLabel={level ? 'Save' : 'Add access level'}
      onCancel={onDone}
      onSubmit={save}
    >
      <TextField label="Name" name="name" defaultValue={level?.name} autoComplete="off" required />
      <TextArea
        label="Description"
        name="description"
        defaultValue={level?.description}
        rows={3}
        hint="What somebody may do there who has it."
        optional
      />
    </Form>
  );
}

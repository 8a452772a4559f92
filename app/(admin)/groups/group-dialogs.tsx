'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { createGroup, deleteGroup, renameGroup } from './actions.ts';
import type { Group, Member } from './groups-list.tsx';
import { MembersForm } from './members-form.tsx';

export type GroupTask = { kind: 'add' } | { kind: 'rename' | 'members' | 'delete'; group: Group };

type GroupDialogsProps = { task?: GroupTask; people: readonly Member[]; isOpen: boolean; onClose: () => void };

export function GroupDialogs({ task, people, isOpen, onClose }: GroupDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  switch (task.kind) {
    case 'add':
      return (
        <Dialog {...frame} title="Add group">
          <AddGroupForm onDone={onClose} />
        </Dialog>
      );
    case 'rename':
      return (
        <Dialog {...frame} title={`Rename ${task.group.name}`}>
          <RenameGroupForm group={task.group} onDone={onClose} />
        </Dialog>
      );
    case 'members':
      return (
        <Dialog {...frame} title={`Members of ${task.group.name}`}>
          <MembersForm group={task.group} people={people} onDone={onClose} />
        </Dialog>
      );
    case 'delete':
      return (
        <ConfirmAct
          open={isOpen}
          onClose={onClose}
          title={`Delete ${task.group.name}?`}
          confirmLabel="Delete group"
          action={deleteGroup}
          input={{ groupId: task.group.id }}
          done={`${task.group.name} was deleted.`}
        >
          The people stay. A group that was ever given access to a computer is kept as evidence; take its members out
          instead.
        </ConfirmAct>
      );
  }
}

function AddGroupForm({ onDone }: { onDone: () => void }) {
  const { run, ...state } = useAction(createGroup, { done: 'The group was added.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Add group"
      onCancel={onDone}
      onSubmit={(data) => run({ name: String(data.get('name')) })}
    >
      <TextField label="Name" name="name" autoComplete="off" required />
    </Form>
  );
}

function RenameGroupForm({ group, onDone }: { group: Group; onDone: () => void }) {
  const { run, ...state } = useAction(renameGroup, { done: 'The group was renamed.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Rename"
      onCancel={onDone}
      onSubmit={(data) => run({ groupId: group.id, name: String(data.get('name')) })}
    >
      <TextField label="Name" name="name" defaultValue={group.name} autoComplete="off" required />
    </Form>
  );
}

'use client';

import { useRouter } from 'next/navigation';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { createGroup, deleteGroup, renameGroup } from './actions.ts';
import type { Group } from './groups-list.tsx';

export type GroupTask = { kind: 'add' } | { kind: 'rename' | 'delete'; group: Group };

type GroupDialogsProps = { task?: GroupTask; isOpen: boolean; onClose: () => void };

export function GroupDialogs({ task, isOpen, onClose }: GroupDialogsProps) {
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

// A group is for its members: whoever adds one goes on there.
function AddGroupForm({ onDone }: { onDone: () => void }) {
  const router = useRouter();
  const { run, ...state } = useAction(createGroup, {
    done: 'The group was added. Now choose its members.',
    onDone: ({ groupId }) => {
      onDone();
      router.push(`/groups/${groupId}`);
    },
  });
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

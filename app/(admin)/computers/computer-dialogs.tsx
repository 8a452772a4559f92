'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { setComputerDisabled } from './actions.ts';
import { AddComputerForm, ChangeComputerForm } from './computer-forms.tsx';
import type { Computer } from './computers-list.tsx';
import { HostKeyApproval } from './host-key-approval.tsx';

export type ComputerTask =
  | { kind: 'add' }
  | { kind: 'change' | 'disable' | 'enable'; computer: Computer }
  | { kind: 'host-key'; computer: Computer; server: string };

type ComputerDialogsProps = {
  task?: ComputerTask;
  isOpen: boolean;
  onClose: () => void;
};

export function ComputerDialogs({ task, isOpen, onClose }: ComputerDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add computer" wide>
        <AddComputerForm onDone={onClose} />
      </Dialog>
    );
  }
  if (task.kind === 'change') {
    return (
      <Dialog {...frame} title={`Edit ${task.computer.name}`} wide>
        <ChangeComputerForm computer={task.computer} onDone={onClose} />
      </Dialog>
    );
  }
  if (task.kind === 'host-key') {
    return (
      <Dialog {...frame} title={`Host key of ${task.computer.name}`}>
        <HostKeyApproval
          key={task.server}
          computerId={task.computer.computerId}
          server={task.server}
          onDone={onClose}
        />
      </Dialog>
    );
  }
  const disabled = task.kind === 'disable';
  const { computerId, name } = task.computer;
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={disabled ? `Switch off ${name}?` : `Switch on ${name}?`}
      confirmLabel={disabled ? 'Switch off' : 'Switch on'}
      danger={disabled}
      action={setComputerDisabled}
      input={{ computerId, disabled }}
      done={disabled ? `${name} is switched off for sessions.` : `${name} is switched on for sessions.`}
    >
      {disabled
        ? 'Running sessions on it end at once and nobody can connect until it is switched on again. The computer itself keeps running.'
        : 'Everyone with a grant in force can connect again.'}
    </ConfirmAct>
  );
}

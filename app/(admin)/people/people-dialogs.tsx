'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { setPersonDisabled } from './actions.ts';
import type { Person } from './people-list.tsx';
import { AddPersonForm, ChangePersonForm, SetPasswordForm } from './person-forms.tsx';
import { ResetMasterPassword } from './reset-master-password.tsx';

export type PeopleTask =
  | { kind: 'add' }
  | { kind: 'change' | 'password' | 'reset' | 'disable' | 'enable'; person: Person };

type PeopleDialogsProps = { task?: PeopleTask; isOpen: boolean; onClose: () => void };

export function PeopleDialogs({ task, isOpen, onClose }: PeopleDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  switch (task.kind) {
    case 'add':
      return (
        <Dialog
          {...frame}
          title="Add person"
          description="Tell them the password yourself; they can change it in their profile."
        >
          <AddPersonForm onDone={onClose} />
        </Dialog>
      );
    case 'change':
      return (
        <Dialog {...frame} title={`Edit ${task.person.name}`}>
          <ChangePersonForm person={task.person} onDone={onClose} />
        </Dialog>
      );
    case 'password':
      return (
        <Dialog {...frame} title={`Set password of ${task.person.name}`} description="They are signed out everywhere.">
          <SetPasswordForm person={task.person} onDone={onClose} />
        </Dialog>
      );
    case 'reset':
      return (
        <Dialog {...frame} title={`Master password of ${task.person.name}`}>
          <ResetMasterPassword person={task.person} onDone={onClose} />
        </Dialog>
      );
    default:
      return (
        <DisableDialog person={task.person} disabled={task.kind === 'disable'} isOpen={isOpen} onClose={onClose} />
      );
  }
}

type DisableDialogProps = { person: Person; disabled: boolean; isOpen: boolean; onClose: () => void };

function DisableDialog({ person: { id, name }, disabled, isOpen, onClose }: DisableDialogProps) {
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={disabled ? `Disable ${name}?` : `Enable ${name}?`}
      confirmLabel={disabled ? 'Disable' : 'Enable'}
      danger={disabled}
      action={setPersonDisabled}
      input={{ personId: id, disabled }}
      done={disabled ? `${name} is disabled.` : `${name} can sign in again.`}
    >
      {disabled
        ? 'They are signed out at once and their running sessions end. Nothing of theirs is deleted; you can enable them again.'
        : 'They can sign in again, with the grants they still have.'}
    </ConfirmAct>
  );
}

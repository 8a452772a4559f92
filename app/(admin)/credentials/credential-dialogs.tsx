'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { AddCredentialForm, ChangeCredentialForm } from '#app/components/credential-forms.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { changeCredential, createCredential, deleteCredential } from './actions.ts';
import type { Credential } from './credentials-list.tsx';

export type CredentialTask = { kind: 'add' } | { kind: 'change' | 'delete'; credential: Credential };

type CredentialDialogsProps = { task?: CredentialTask; isOpen: boolean; onClose: () => void };

export function CredentialDialogs({ task, isOpen, onClose }: CredentialDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  switch (task.kind) {
    case 'add':
      return (
        <Dialog {...frame} title="Add credential">
          <AddCredentialForm create={createCredential} onDone={onClose} />
        </Dialog>
      );
    case 'change':
      return (
        <Dialog {...frame} title={`Edit ${task.credential.name}`}>
          <ChangeCredentialForm credential={task.credential} change={changeCredential} onDone={onClose} />
        </Dialog>
      );
    case 'delete':
      return (
        <ConfirmAct
          open={isOpen}
          onClose={onClose}
          title={`Delete ${task.credential.name}?`}
          confirmLabel="Delete credential"
          action={deleteCredential}
          input={{ credentialId: task.credential.credentialId }}
          done={`${task.credential.name} was deleted.`}
        >
          Its secret is destroyed and cannot be brought back. A credential that a computer still uses is kept.
        </ConfirmAct>
      );
  }
}

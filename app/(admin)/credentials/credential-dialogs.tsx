'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { AddCredentialForm, ChangeCredentialForm } from '#app/components/credential-forms/credential-forms.tsx';
import type { RecordForm } from '#app/components/credential-forms/record-values.ts';
import { TestForm } from '#app/components/credential-forms/test-form.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import {
  changeCredential,
  createCredential,
  deleteCredential,
  findReferences,
  findTestPlaces,
  testCredential,
} from './actions.ts';
import type { Credential } from './credentials-list.tsx';

export type CredentialTask = { kind: 'add' } | { kind: 'change' | 'test' | 'delete'; credential: Credential };

type CredentialDialogsProps = {
  task?: CredentialTask;
  recordForms: readonly RecordForm[];
  isOpen: boolean;
  onClose: () => void;
};

export function CredentialDialogs({ task, recordForms, isOpen, onClose }: CredentialDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  const forms = { recordForms, findReferences, onDone: onClose };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add credential">
        <AddCredentialForm create={createCredential} {...forms} />
      </Dialog>
    );
  }
  const { credential } = task;
  const { credentialId, name } = credential;
  switch (task.kind) {
    case 'change':
      return (
        <Dialog {...frame} title={`Edit ${name}`}>
          <ChangeCredentialForm credential={credential} change={changeCredential} {...forms} />
        </Dialog>
      );
    case 'test':
      return (
        <Dialog {...frame} title={`Test ${name}`}>
          <TestForm
            test={({ computerId }) => testCredential({ credentialId, computerId })}
            findPlaces={({ search }) => findTestPlaces({ credentialId, search })}
            emptyHint="No computer uses this credential yet. Choose it for one under Computers first."
            onDone={onClose}
          />
        </Dialog>
      );
    case 'delete':
      return (
        <ConfirmAct
          open={isOpen}
          onClose={onClose}
          title={`Delete ${name}?`}
          confirmLabel="Delete credential"
          action={deleteCredential}
          input={{ credentialId }}
          done={`${name} was deleted.`}
        >
          Its secret is destroyed and cannot be brought back. A credential that a computer or another credential still
          uses is kept.
        </ConfirmAct>
      );
  }
}

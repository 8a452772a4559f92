'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { AddCredentialForm, ChangeCredentialForm } from '#app/components/credential-forms/credential-forms.tsx';
import type { RecordForm } from '#app/components/credential-forms/record-values.ts';
import { TestForm } from '#app/components/credential-forms/test-form.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import {
  changeCredential,
  createCredential,
  deleteCredential,
  findReferences,
  findTestPlaces,
  testCredential,
} from './actions.ts';
import type { MyCredential } from './my-credentials.tsx';

export type MyCredentialTask = { kind: 'add' } | { kind: 'change' | 'test' | 'delete'; credential: MyCredential };

type MyCredentialDialogsProps = {
  task?: MyCredentialTask;
  recordForms: readonly RecordForm[];
  isUnlocked: boolean;
  isOpen: boolean;
  onClose: () => void;
};

export function MyCredentialDialogs({ task, recordForms, isUnlocked, isOpen, onClose }: MyCredentialDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  const forms = { recordForms, findReferences, onDone: onClose };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add credential" description="It is sealed for you alone when you save it.">
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
            test={(input) => testCredential({ credentialId, ...input })}
            findPlaces={findTestPlaces}
            emptyHint="There is no computer that you may connect to."
            onDone={onClose}
          >
            <MasterPassword isUnlocked={isUnlocked} />
          </TestForm>
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
          Its secret is destroyed and cannot be brought back.
        </ConfirmAct>
      );
  }
}

function MasterPassword({ isUnlocked }: { isUnlocked: boolean }) {
  return (
    <PasswordField
      label="Master password"
      name="password"
      autoComplete="off"
      hint={isUnlocked ? 'Your credentials are unlocked: needed only where the policy asks each time.' : undefined}
      required={!isUnlocked}
      optional={isUnlocked}
    />
  );
}

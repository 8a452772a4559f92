'use client';

import type { ReactNode } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import type { ActionResult } from '../action-result.ts';
import { AddCredentialForm, ChangeCredentialForm } from './credential-forms.tsx';
import type { ChangedCredential, EditableCredential, NewCredential, RecordForm } from './record-values.ts';
import type { FindReferences } from './secret-fields.tsx';

export type CredentialTask<Credential extends EditableCredential> =
  | { kind: 'add' }
  | { kind: 'change' | 'test' | 'delete'; credential: Credential };

type Act<Input> = (input: Input) => Promise<ActionResult<unknown>>;

type CredentialDialogsProps<Credential extends EditableCredential> = {
  task?: CredentialTask<Credential>;
  recordForms: readonly RecordForm[];
  acts: {
    create: Act<NewCredential>;
    change: Act<ChangedCredential>;
    remove: Act<{ credentialId: string }>;
    findReferences: FindReferences;
  };
  /** What becomes of a new one. */
  onAdd?: string;
  testForm: (credentialId: string) => ReactNode;
  /** What deleting one does. */
  onDelete: string;
  isOpen: boolean;
  onClose: () => void;
};

/** To add, edit, test and delete credentials, whoever they belong to. */
export function CredentialDialogs<Credential extends EditableCredential>(props: CredentialDialogsProps<Credential>) {
  const { task, recordForms, acts, isOpen, onClose } = props;
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  const forms = { recordForms, findReferences: acts.findReferences, onDone: onClose };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add credential" description={props.onAdd}>
        <AddCredentialForm create={acts.create} {...forms} />
      </Dialog>
    );
  }
  const { credential } = task;
  const { credentialId, name } = credential;
  switch (task.kind) {
    case 'change':
      return (
        <Dialog {...frame} title={`Edit ${name}`}>
          <ChangeCredentialForm credential={credential} change={acts.change} {...forms} />
        </Dialog>
      );
    case 'test':
      return (
        <Dialog {...frame} title={`Test ${name}`}>
          {props.testForm(credentialId)}
        </Dialog>
      );
    case 'delete':
      return (
        <ConfirmAct
          open={isOpen}
          onClose={onClose}
          title={`Delete ${name}?`}
          confirmLabel="Delete credential"
          action={acts.remove}
          input={{ credentialId }}
          done={`${name} was deleted.`}
        >
          {props.onDelete}
        </ConfirmAct>
      );
  }
}

'use client';

import { KeyRound, Plus } from 'lucide-react';
import { credentialColumns, type ListedCredential } from '#app/components/credential-forms/credential-columns.tsx';
import { CredentialDialogs, type CredentialTask } from '#app/components/credential-forms/credential-dialogs.tsx';
import type { RecordForm } from '#app/components/credential-forms/record-values.ts';
import { TestForm } from '#app/components/credential-forms/test-form.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import {
  changeCredential,
  createCredential,
  deleteCredential,
  findReferences,
  findTestPlaces,
  setFavorite,
  testCredential,
} from './actions.ts';

const acts = { create: createCredential, change: changeCredential, remove: deleteCredential, findReferences };

type MyCredentialsProps = {
  credentials: readonly ListedCredential[];
  recordForms: readonly RecordForm[];
  hasMasterPassword: boolean;
  isUnlocked: boolean;
};

export function MyCredentials({ credentials, recordForms, hasMasterPassword, isUnlocked }: MyCredentialsProps) {
  const dialog = useDialog<CredentialTask<ListedCredential>>();
  if (!hasMasterPassword) {
    return (
      <EmptyState icon={KeyRound} title="Set a master password first">
        Your own credentials are sealed with it, so that nobody else can open them.
      </EmptyState>
    );
  }
  const add = (
    <Button icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add credential
    </Button>
  );
  return (
    <>
      {credentials.length === 0 ? (
        <EmptyState icon={KeyRound} title="No credentials of your own" action={add}>
          Keep the password or the SSH key of an account that is yours here, sealed so that nobody else can open it. You
          can connect with it through Advanced Mode in the shop.
        </EmptyState>
      ) : (
        <>
          <DataTable
            label="My credentials"
            columns={credentialColumns({ setFavorite, show: dialog.show })}
            rows={credentials}
            rowKey={(credential) => credential.credentialId}
          />
          <div className="mt-3">{add}</div>
        </>
      )}
      <CredentialDialogs
        task={dialog.subject}
        recordForms={recordForms}
        acts={acts}
        onAdd="It is sealed for you alone when you save it."
        testForm={(credentialId) => (
          <TestForm
            test={(input) => testCredential({ credentialId, ...input })}
            findPlaces={findTestPlaces}
            emptyHint="There is no computer that you may connect to."
            onDone={dialog.close}
          >
            <MasterPassword isUnlocked={isUnlocked} />
          </TestForm>
        )}
        onDelete="Its secret is destroyed and cannot be brought back."
        isOpen={dialog.isOpen}
        onClose={dialog.close}
      />
    </>
  );
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

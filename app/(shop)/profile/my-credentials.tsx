'use client';

import { KeyRound, Pencil, PlugZap, Plus, Trash2 } from 'lucide-react';
import type { EditableCredential, RecordForm } from '#app/components/credential-forms/record-values.ts';
import { StarButton } from '#app/components/credential-forms/star-button.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { setFavorite } from './actions.ts';
import { MyCredentialDialogs, type MyCredentialTask } from './my-credential-dialogs.tsx';

export type MyCredential = EditableCredential & { recordType: string; isFavorite: boolean; updatedAt: Date };

type MyCredentialsProps = {
  credentials: readonly MyCredential[];
  recordForms: readonly RecordForm[];
  hasMasterPassword: boolean;
  isUnlocked: boolean;
};

export function MyCredentials({ credentials, recordForms, hasMasterPassword, isUnlocked }: MyCredentialsProps) {
  const dialog = useDialog<MyCredentialTask>();
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
            columns={columns(dialog.show)}
            rows={credentials}
            rowKey={(credential) => credential.credentialId}
          />
          <div className="mt-3">{add}</div>
        </>
      )}
      <MyCredentialDialogs
        task={dialog.subject}
        recordForms={recordForms}
        isUnlocked={isUnlocked}
        isOpen={dialog.isOpen}
        onClose={dialog.close}
      />
    </>
  );
}

function columns(show: (task: MyCredentialTask) => void): Column<MyCredential>[] {
  return [
    {
      key: 'favorite',
      header: 'Favourite',
      cell: (credential) => <StarButton credential={credential} setFavorite={setFavorite} />,
    },
    {
      key: 'name',
      header: 'Name',
      isTitle: true,
      cell: ({ name, description, reference }) => (
        <>
          <span className="font-medium">{name}</span>
          {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
          {reference && <span className="block text-sm text-muted">Secret of {reference.name}</span>}
        </>
      ),
    },
    { key: 'type', header: 'Record type', cell: ({ recordType }) => <Badge>{recordType}</Badge> },
    {
      key: 'username',
      header: 'User name',
      cell: ({ username }) => <span className="font-mono text-sm break-all">{username}</span>,
    },
    { key: 'updated', header: 'Last change', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (credential) => (
        <RowMenu of={credential.name}>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', credential })}>
            Edit or replace
          </MenuItem>
          <MenuItem icon={PlugZap} onClick={() => show({ kind: 'test', credential })}>
            Test
          </MenuItem>
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'delete', credential })}>
            Delete
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

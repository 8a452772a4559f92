'use client';

import { KeyRound, Pencil, Plus, Trash2 } from 'lucide-react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { AddCredentialForm, ChangeCredentialForm } from '#app/components/credential-forms.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { changeCredential, createCredential, deleteCredential } from './actions.ts';

export type MyCredential = {
  credentialId: string;
  name: string;
  type: 'password' | 'ssh_key';
  username: string;
  updatedAt: Date;
};

type Task = { kind: 'add' } | { kind: 'change' | 'delete'; credential: MyCredential };
type MyCredentialsProps = { credentials: readonly MyCredential[]; hasMasterPassword: boolean };

export function MyCredentials({ credentials, hasMasterPassword }: MyCredentialsProps) {
  const dialog = useDialog<Task>();
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
          Keep the password or the SSH key of an account that is yours here, sealed so that nobody else can open it.
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
      <Dialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(show: (task: Task) => void): Column<MyCredential>[] {
  return [
    { key: 'name', header: 'Name', isTitle: true, cell: ({ name }) => <span className="font-medium">{name}</span> },
    { key: 'type', header: 'Kind', cell: ({ type }) => <Badge>{type === 'password' ? 'Password' : 'SSH key'}</Badge> },
    {
      key: 'username',
      header: 'User name',
      cell: ({ username }) => <span className="font-mono text-sm">{username}</span>,
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
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'delete', credential })}>
            Delete
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

function Dialogs({ task, isOpen, onClose }: { task?: Task; isOpen: boolean; onClose: () => void }) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  switch (task.kind) {
    case 'add':
      return (
        <Dialog {...frame} title="Add credential" description="It is sealed for you alone when you save it.">
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
          Its secret is destroyed and cannot be brought back.
        </ConfirmAct>
      );
  }
}

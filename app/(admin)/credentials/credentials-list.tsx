'use client';

import { KeyRound, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Found, ListTools } from '#app/components/list-tools.tsx';
import { matchingRows } from '#app/components/matching-rows.ts';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { CredentialDialogs, type CredentialTask } from './credential-dialogs.tsx';

export type Credential = {
  credentialId: string;
  name: string;
  type: 'password' | 'ssh_key';
  username: string;
  updatedAt: Date;
  usedBy: readonly string[];
};

export function CredentialsList({ credentials }: { credentials: readonly Credential[] }) {
  const [query, setQuery] = useState('');
  const dialog = useDialog<CredentialTask>();
  const shown = matchingRows(credentials, query, (row) => `${row.name} ${row.username} ${row.usedBy.join(' ')}`);
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add credential
    </Button>
  );
  return (
    <>
      <PageHeader title="Credentials" action={credentials.length > 0 && add}>
        Shared passwords and keys that Sallyport signs in with. They are sealed when you save them and never shown
        again.
      </PageHeader>
      {credentials.length === 0 ? (
        <EmptyState icon={KeyRound} title="No credentials yet" action={add}>
          Store a password or a private key once, then choose it for the computers it opens.
        </EmptyState>
      ) : (
        <>
          <ListTools
            label="Search credentials"
            query={query}
            onQuery={setQuery}
            shown={shown.length}
            all={credentials.length}
          />
          <Found shown={shown.length} onClear={() => setQuery('')}>
            <DataTable
              label="Credentials"
              columns={columns(dialog.show)}
              rows={shown}
              rowKey={(credential) => credential.credentialId}
            />
          </Found>
        </>
      )}
      <CredentialDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(show: (task: CredentialTask) => void): Column<Credential>[] {
  return [
    { key: 'name', header: 'Name', isTitle: true, cell: ({ name }) => <span className="font-medium">{name}</span> },
    {
      key: 'type',
      header: 'Kind',
      cell: ({ type }) => <Badge>{type === 'password' ? 'Password' : 'SSH key'}</Badge>,
    },
    {
      key: 'username',
      header: 'User name',
      cell: ({ username }) => <span className="font-mono text-sm">{username}</span>,
    },
    {
      key: 'usedBy',
      header: 'Used by',
      cell: ({ usedBy }) =>
        usedBy.length > 0 ? (
          <span className="text-muted">{usedBy.join(', ')}</span>
        ) : (
          <span className="text-faint">No computer</span>
        ),
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

'use client';

import { KeyRound, Pencil, PlugZap, Plus, Trash2, TriangleAlert } from 'lucide-react';
import type { EditableCredential, RecordForm, Waiting } from '#app/components/credential-forms/record-values.ts';
import { StarButton } from '#app/components/credential-forms/star-button.tsx';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { CredentialSort } from '#server/protocol/list-sorts.ts';
import { setFavorite } from './actions.ts';
import { CredentialDialogs, type CredentialTask } from './credential-dialogs.tsx';

export type Credential = EditableCredential & {
  recordType: string;
  isFavorite: boolean;
  updatedAt: Date;
  usedBy: readonly string[];
  usedByCount: number;
} & Waiting;

type CredentialsListProps = {
  credentials: Page<Credential>;
  query: ListQuery<CredentialSort>;
  recordForms: readonly RecordForm[];
};

export function CredentialsList({ credentials, query, recordForms }: CredentialsListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<CredentialTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add credential
    </Button>
  );
  const isEmpty = credentials.total === 0 && query.search === '';
  return (
    <>
      <PageHeader title="Credentials" action={!isEmpty && add}>
        Shared passwords and keys that Sallyport signs in with. They are sealed when you save them and never shown
        again.
      </PageHeader>
      <ListPage
        list={list}
        page={credentials}
        of="credentials"
        empty={
          <EmptyState icon={KeyRound} title="No credentials yet" action={add}>
            Store a password or a private key once, then choose it for the computers it opens.
          </EmptyState>
        }
      >
        <DataTable
          label="Credentials"
          columns={columns(list, dialog.show)}
          rows={credentials.rows}
          rowKey={(credential) => credential.credentialId}
        />
      </ListPage>
      <CredentialDialogs
        task={dialog.subject}
        recordForms={recordForms}
        isOpen={dialog.isOpen}
        onClose={dialog.close}
      />
    </>
  );
}

type Show = (task: CredentialTask) => void;

function columns(list: ListControl<CredentialSort>, show: Show): Column<Credential>[] {
  return [
    {
      key: 'favorite',
      header: 'Favourite',
      ...list.sorting('favorite'),
      cell: (credential) => <StarButton credential={credential} setFavorite={setFavorite} />,
    },
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: (credential) => <NameCell credential={credential} />,
    },
    {
      key: 'type',
      header: 'Record type',
      ...list.sorting('type'),
      cell: ({ recordType }) => <Badge>{recordType}</Badge>,
    },
    {
      key: 'username',
      header: 'User name',
      ...list.sorting('username'),
      cell: ({ username }) => <span className="font-mono text-sm break-all">{username}</span>,
    },
    { key: 'usedBy', header: 'Used by', cell: (credential) => <UsersCell credential={credential} /> },
    {
      key: 'updated',
      header: 'Last change',
      ...list.sorting('updated'),
      cell: ({ updatedAt }) => <Time at={updatedAt} />,
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (credential) => <CredentialActs credential={credential} show={show} />,
    },
  ];
}

function NameCell({ credential: { name, description, reference } }: { credential: Credential }) {
  return (
    <>
      <span className="font-medium">{name}</span>
      {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
      {reference && <span className="block text-sm text-muted">Secret of {reference.name}</span>}
    </>
  );
}

function UsersCell({ credential: { usedBy, usedByCount, suspended } }: { credential: Credential }) {
  const more = usedByCount - usedBy.length;
  return (
    <>
      {usedByCount > 0 ? (
        <span className="text-muted">
          {usedBy.join(', ')}
          {more > 0 && ` and ${more} more`}
        </span>
      ) : (
        <span className="text-faint">No computer</span>
      )}
      {suspended > 0 && (
        <span className="block">
          <Badge tone="warn" icon={TriangleAlert}>
            {suspended === 1 ? 'Suspended at 1 address' : `Suspended at ${suspended} addresses`}
          </Badge>
        </span>
      )}
    </>
  );
}

function CredentialActs({ credential, show }: { credential: Credential; show: Show }) {
  return (
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
  );
}

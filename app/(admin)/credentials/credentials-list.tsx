'use client';

import { KeyRound, Plus, TriangleAlert } from 'lucide-react';
import { credentialColumns, type ListedCredential } from '#app/components/credential-forms/credential-columns.tsx';
import { CredentialDialogs, type CredentialTask } from '#app/components/credential-forms/credential-dialogs.tsx';
import type { RecordForm, Waiting } from '#app/components/credential-forms/record-values.ts';
import { TestForm } from '#app/components/credential-forms/test-form.tsx';
import { ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { CredentialSort } from '#server/protocol/list-sorts.ts';
import {
  changeCredential,
  createCredential,
  deleteCredential,
  findReferences,
  findTestPlaces,
  setFavorite,
  testCredential,
} from './actions.ts';
import { CredentialsHeader } from './credentials-header.tsx';

type Credential = ListedCredential & { usedBy: readonly string[]; usedByCount: number } & Waiting;

const acts = { create: createCredential, change: changeCredential, remove: deleteCredential, findReferences };

type CredentialsListProps = {
  credentials: Page<Credential>;
  query: ListQuery<CredentialSort>;
  recordForms: readonly RecordForm[];
};

export function CredentialsList({ credentials, query, recordForms }: CredentialsListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<CredentialTask<Credential>>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add credential
    </Button>
  );
  const isEmpty = credentials.total === 0 && query.search === '';
  return (
    <>
      <CredentialsHeader action={!isEmpty && add}>
        Shared passwords and keys that Sallyport signs in with. They are sealed when you save them and never shown
        again.
      </CredentialsHeader>
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
          columns={credentialColumns({
            setFavorite,
            show: dialog.show,
            sorting: list.sorting,
            more: [{ key: 'usedBy', header: 'Used by', cell: (credential) => <UsersCell credential={credential} /> }],
          })}
          rows={credentials.rows}
          rowKey={(credential) => credential.credentialId}
        />
      </ListPage>
      <CredentialDialogs
        task={dialog.subject}
        recordForms={recordForms}
        acts={acts}
        testForm={(credentialId) => (
          <TestForm
            test={({ computerId }) => testCredential({ credentialId, computerId })}
            findPlaces={({ search }) => findTestPlaces({ credentialId, search })}
            emptyHint="No computer uses this credential yet. Choose it for one under Computers first."
            onDone={dialog.close}
          />
        )}
        onDelete="Its secret is destroyed and cannot be brought back. A credential that a computer or another credential still uses is kept."
        isOpen={dialog.isOpen}
        onClose={dialog.close}
      />
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

'use client';

import { Pencil, PlugZap, Trash2 } from 'lucide-react';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import type { Column } from '#app/components/ui/data-table.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { Time } from '#app/components/ui/time.tsx';
import type { ActionResult } from '../action-result.ts';
import type { CredentialTask } from './credential-dialogs.tsx';
import type { EditableCredential } from './record-values.ts';
import { StarButton } from './star-button.tsx';

/** A credential as a row of a list. */
export type ListedCredential = EditableCredential & { recordType: string; isFavorite: boolean; updatedAt: Date };

type Sorting = Pick<Column<never>, 'onSort' | 'sorted'>;

type CredentialColumnsOptions<Credential extends ListedCredential> = {
  setFavorite: (input: { credentialId: string; isFavorite: boolean }) => Promise<ActionResult<unknown>>;
  show: (task: CredentialTask<Credential>) => void;
  /** Where the list can be sorted. */
  sorting?: (key: 'favorite' | 'name' | 'type' | 'username' | 'updated') => Sorting;
  /** What this list shows besides. */
  more?: Column<Credential>[];
};

export function credentialColumns<Credential extends ListedCredential>({
  setFavorite,
  show,
  sorting = () => ({}),
  more = [],
}: CredentialColumnsOptions<Credential>): Column<Credential>[] {
  return [
    {
      key: 'favorite',
      header: 'Favourite',
      ...sorting('favorite'),
      cell: (credential) => <StarButton credential={credential} setFavorite={setFavorite} />,
    },
    {
      key: 'name',
      header: 'Name',
      ...sorting('name'),
      isTitle: true,
      cell: (credential) => <CredentialName {...credential} />,
    },
    {
      key: 'type',
      header: 'Record type',
      ...sorting('type'),
      cell: ({ recordType }) => <Badge>{recordType}</Badge>,
    },
    {
      key: 'username',
      header: 'User name',
      ...sorting('username'),
      cell: ({ username }) => <span className="font-mono text-sm break-all">{username}</span>,
    },
    ...more,
    {
      key: 'updated',
      header: 'Last change',
      ...sorting('updated'),
      cell: ({ updatedAt }) => <Time at={updatedAt} />,
    },
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

function CredentialName({ name, description, reference }: ListedCredential) {
  return (
    <>
      <span className="font-medium">{name}</span>
      {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
      {reference && <span className="block text-sm text-muted">Secret of {reference.name}</span>}
    </>
  );
}

'use client';

import { Layers, Pencil, Plus, Trash2 } from 'lucide-react';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { AccessLevelSort } from '#server/protocol/list-sorts.ts';
import { AccessLevelDialogs, type AccessLevelTask } from './access-level-dialogs.tsx';

export type AccessLevel = {
  accessLevelId: string;
  name: string;
  description: string;
  grants: number;
  credentials: number;
};

type AccessLevelsListProps = { levels: Page<AccessLevel>; query: ListQuery<AccessLevelSort> };

export function AccessLevelsList({ levels, query }: AccessLevelsListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<AccessLevelTask>();
  const empty = (
    <EmptyState icon={Layers} title="Only the standard level so far">
      Add a level such as “Root”, give computers a credential at that level, and grant it to the few who need it.
    </EmptyState>
  );
  return (
    <>
      <PageHeader
        title="Access levels"
        action={
          <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
            Add access level
          </Button>
        }
      >
        Names for other rights at a computer than the standard ones. A grant at a level gives the credentials that the
        computer has at that level; a grant without one gives the standard ones.
      </PageHeader>
      <ListPage list={list} page={levels} of="access levels" empty={empty}>
        <DataTable
          label="Access levels"
          columns={columns(list, dialog.show)}
          rows={levels.rows}
          rowKey={(level) => level.accessLevelId}
        />
      </ListPage>
      <AccessLevelDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<AccessLevelSort>, show: (task: AccessLevelTask) => void): Column<AccessLevel>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ name, description }) => (
        <>
          <span className="font-medium">{name}</span>
          {description && <span className="block text-sm whitespace-pre-line text-muted">{description}</span>}
        </>
      ),
    },
    { key: 'uses', header: 'Used by', ...list.sorting('uses'), cell: (level) => <Uses level={level} /> },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (level) => (
        <RowMenu of={level.name}>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', level })}>
            Edit
          </MenuItem>
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'delete', level })}>
            Delete
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

function Uses({ level: { grants, credentials } }: { level: AccessLevel }) {
  if (grants + credentials === 0) return <span className="text-faint">Nothing yet</span>;
  return (
    <span className="text-muted tabular-nums">
      {grants} {grants === 1 ? 'grant' : 'grants'}, {credentials} {credentials === 1 ? 'credential' : 'credentials'} of
      computers
    </span>
  );
}

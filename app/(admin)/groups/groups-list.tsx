'use client';

import { Pencil, Plus, Trash2, UserPlus, Users } from 'lucide-react';
import Link from 'next/link';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem, MenuLink } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { GroupSort } from '#server/protocol/list-sorts.ts';
import { GroupDialogs, type GroupTask } from './group-dialogs.tsx';

export type Group = { id: string; name: string; members: number; grants: number };

export function GroupsList({ groups, query }: { groups: Page<Group>; query: ListQuery<GroupSort> }) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<GroupTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add group
    </Button>
  );
  const empty = (
    <EmptyState icon={Users} title="No groups yet">
      Put people who need the same computers into one group, then grant it once.
    </EmptyState>
  );
  return (
    <>
      <PageHeader title="Groups" action={add}>
        A grant to a group holds for everyone in it, from the moment they join until they leave.
      </PageHeader>
      <ListPage list={list} page={groups} of="groups" empty={empty}>
        <DataTable
          label="Groups"
          columns={columns(list, dialog.show)}
          rows={groups.rows}
          rowKey={(group) => group.id}
        />
      </ListPage>
      <GroupDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<GroupSort>, show: (task: GroupTask) => void): Column<Group>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ id, name }) => (
        <Link href={`/groups/${id}`} className="font-medium text-accent hover:underline">
          {name}
        </Link>
      ),
    },
    {
      key: 'members',
      header: 'Members',
      ...list.sorting('members'),
      cell: ({ members }) =>
        members === 0 ? (
          <span className="text-faint">Nobody yet</span>
        ) : (
          <span className="tabular-nums">{members}</span>
        ),
    },
    {
      key: 'grants',
      header: 'Grants',
      cell: ({ grants }) =>
        grants === 0 ? <span className="text-faint">None</span> : <span className="tabular-nums">{grants}</span>,
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (group) => (
        <RowMenu of={group.name}>
          <MenuLink icon={UserPlus} href={`/groups/${group.id}`}>
            Members
          </MenuLink>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'rename', group })}>
            Rename
          </MenuItem>
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'delete', group })}>
            Delete
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

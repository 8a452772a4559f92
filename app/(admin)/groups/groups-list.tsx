'use client';

import { Pencil, Plus, Trash2, UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import { Found, ListTools } from '#app/components/list-tools.tsx';
import { matchingRows } from '#app/components/matching-rows.ts';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { GroupDialogs, type GroupTask } from './group-dialogs.tsx';

export type Member = { id: string; name: string; email: string };
export type Group = { id: string; name: string; members: readonly Member[] };

export function GroupsList({ groups, people }: { groups: readonly Group[]; people: readonly Member[] }) {
  const [query, setQuery] = useState('');
  const dialog = useDialog<GroupTask>();
  const shown = matchingRows(groups, query, ({ name, members }) => [name, ...members.map((who) => who.name)].join(' '));
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add group
    </Button>
  );
  return (
    <>
      <PageHeader title="Groups" action={groups.length > 0 && add}>
        A grant to a group holds for everyone in it, from the moment they join until they leave.
      </PageHeader>
      {groups.length === 0 ? (
        <EmptyState icon={Users} title="No groups yet" action={add}>
          Put people who need the same computers into one group, then grant it once.
        </EmptyState>
      ) : (
        <>
          <ListTools label="Search groups" query={query} onQuery={setQuery} shown={shown.length} all={groups.length} />
          <Found shown={shown.length} onClear={() => setQuery('')}>
            <DataTable label="Groups" columns={columns(dialog.show)} rows={shown} rowKey={(group) => group.id} />
          </Found>
        </>
      )}
      <GroupDialogs task={dialog.subject} people={people} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(show: (task: GroupTask) => void): Column<Group>[] {
  return [
    { key: 'name', header: 'Name', isTitle: true, cell: ({ name }) => <span className="font-medium">{name}</span> },
    {
      key: 'members',
      header: 'Members',
      cell: ({ members }) => <MemberNames names={members.map((who) => who.name)} />,
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (group) => (
        <RowMenu of={group.name}>
          <MenuItem icon={UserPlus} onClick={() => show({ kind: 'members', group })}>
            Members
          </MenuItem>
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

const namesShown = 4;

function MemberNames({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="text-faint">Nobody yet</span>;
  const rest = names.length - namesShown;
  return (
    <span className="text-muted">
      {names.slice(0, namesShown).join(', ')}
      {rest > 0 && <span title={names.slice(namesShown).join(', ')}> and {rest} more</span>}
    </span>
  );
}

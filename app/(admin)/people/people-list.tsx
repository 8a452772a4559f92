'use client';

import { Ban, KeyRound, Pencil, Plus, RotateCcw, User, Vault } from 'lucide-react';
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
import type { PeopleSort } from '#server/protocol/list-sorts.ts';
import type { Role } from '#server/protocol/session-words.ts';
import { PeopleDialogs, type PeopleTask } from './people-dialogs.tsx';
import { roleLabels } from './role-labels.ts';

export type Person = {
  id: string;
  name: string;
  email: string;
  roles: readonly Role[];
  groups: readonly string[];
  disabledAt: Date | null;
  lastSignInAt: Date | null;
  masterPassword: 'none' | 'set' | 'reset';
  personalCredentials: number;
};

type PeopleListProps = { people: Page<Person>; query: ListQuery<PeopleSort>; ownId: string };

export function PeopleList({ people, query, ownId }: PeopleListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<PeopleTask>();
  return (
    <>
      <PageHeader
        title="People"
        action={
          <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
            Add person
          </Button>
        }
      >
        Who may sign in, and in which roles. What someone may reach is decided by grants.
      </PageHeader>
      <ListPage list={list} page={people} of="people" empty={<EmptyState icon={User} title="Nobody is here yet" />}>
        <DataTable
          label="People"
          columns={columns(list, ownId, dialog.show)}
          rows={people.rows}
          rowKey={(person) => person.id}
          isFaded={(person) => person.disabledAt !== null}
        />
      </ListPage>
      <PeopleDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<PeopleSort>, ownId: string, show: (task: PeopleTask) => void): Column<Person>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ id, name, email }) => (
        <>
          <span className="font-medium">{name}</span>
          {id === ownId && <span className="ml-1.5 text-sm text-faint">you</span>}
          <span className="block text-sm text-muted">{email}</span>
        </>
      ),
    },
    {
      key: 'roles',
      header: 'Roles',
      cell: ({ roles }) => (
        <span className="flex flex-wrap gap-1">
          {roles.map((role) => (
            <Badge key={role} tone={role === 'admin' ? 'accent' : 'neutral'}>
              {roleLabels[role].label}
            </Badge>
          ))}
          {roles.length === 0 && <span className="text-faint">None</span>}
        </span>
      ),
    },
    {
      key: 'state',
      header: 'State',
      ...list.sorting('state'),
      cell: ({ disabledAt }) => (disabledAt ? <Badge>Disabled</Badge> : <Badge tone="ok">Active</Badge>),
    },
    {
      key: 'groups',
      header: 'Groups',
      cell: ({ groups }) =>
        groups.length > 0 ? (
          <span className="text-muted">{groups.join(', ')}</span>
        ) : (
          <span className="text-faint">None</span>
        ),
    },
    { key: 'vault', header: 'Master password', cell: (person) => <VaultOf {...person} /> },
    {
      key: 'lastSignIn',
      header: 'Last sign-in',
      ...list.sorting('lastSignIn'),
      cell: ({ lastSignInAt }) =>
        lastSignInAt ? <Time at={lastSignInAt} /> : <span className="text-faint">Never</span>,
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (person) => <PersonActs person={person} isOwn={person.id === ownId} show={show} />,
    },
  ];
}

function VaultOf({ masterPassword, personalCredentials: count }: Person) {
  if (masterPassword === 'none') return <span className="text-faint">Not set</span>;
  if (masterPassword === 'reset') return <Badge tone="warn">Reset, not chosen yet</Badge>;
  return (
    <span className="text-muted">
      Set{count > 0 && `, ${count} personal ${count === 1 ? 'credential' : 'credentials'}`}
    </span>
  );
}

type PersonActsProps = { person: Person; isOwn: boolean; show: (task: PeopleTask) => void };

function PersonActs({ person, isOwn, show }: PersonActsProps) {
  return (
    <RowMenu of={person.name}>
      <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', person })}>
        Edit
      </MenuItem>
      <MenuItem icon={KeyRound} onClick={() => show({ kind: 'password', person })}>
        Set password
      </MenuItem>
      {person.masterPassword !== 'none' && (
        <MenuItem icon={Vault} onClick={() => show({ kind: 'reset', person })}>
          {person.masterPassword === 'set' ? 'Reset master password' : 'New master password link'}
        </MenuItem>
      )}
      {person.disabledAt ? (
        <MenuItem icon={RotateCcw} onClick={() => show({ kind: 'enable', person })}>
          Enable
        </MenuItem>
      ) : (
        <MenuItem icon={Ban} danger disabled={isOwn} onClick={() => show({ kind: 'disable', person })}>
          Disable
        </MenuItem>
      )}
    </RowMenu>
  );
}

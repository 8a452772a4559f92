'use client';

import { ArrowLeft, UserPlus } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Combobox, type LoadChoices } from '#app/components/ui/combobox.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useAction } from '#app/components/use-action.ts';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { MemberSort } from '#server/protocol/list-sorts.ts';
import { addMember, findMemberChoices, removeMember } from '../actions.ts';
import type { Group } from '../groups-list.tsx';

type Member = { id: string; name: string; email: string; disabledAt: Date | null };
type GroupMembersProps = { group: Group; members: Page<Member>; query: ListQuery<MemberSort> };

/** Who is in a group: one is added or taken out at a time, and it counts at once. */
export function GroupMembers({ group, members, query }: GroupMembersProps) {
  const list = useListQuery(query, 'name');
  const removing = useDialog<Member>();
  const empty = (
    <EmptyState icon={UserPlus} title="Nobody is in this group yet">
      Choose the first person above.
    </EmptyState>
  );
  return (
    <>
      <Link href="/groups" className="mb-2 inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-3.5" />
        Groups
      </Link>
      <PageHeader title={group.name}>
        {group.grants === 0
          ? 'This group gives access to nothing yet. Add a grant for it under Grants.'
          : `Whoever is in it has what its ${group.grants === 1 ? 'grant gives' : `${group.grants} grants give`}.`}
      </PageHeader>
      <AddMember groupId={group.id} />
      <ListPage list={list} page={members} of="members" empty={empty}>
        <DataTable
          label="Members"
          columns={columns(list, removing.show)}
          rows={members.rows}
          rowKey={({ id }) => id}
          isFaded={({ disabledAt }) => disabledAt !== null}
        />
      </ListPage>
      {removing.subject && (
        <ConfirmAct
          open={removing.isOpen}
          onClose={removing.close}
          title={`Take ${removing.subject.name} out of ${group.name}?`}
          confirmLabel="Take out"
          action={removeMember}
          input={{ groupId: group.id, personId: removing.subject.id }}
          done={`${removing.subject.name} is no longer in ${group.name}.`}
        >
          They lose what this group gives, and sessions that run under it are closed within a second, unsaved work
          included.
        </ConfirmAct>
      )}
    </>
  );
}

function AddMember({ groupId }: { groupId: string }) {
  // A new key empties the field for the next person.
  const [added, setAdded] = useState(0);
  const { run, ...state } = useAction(addMember, {
    done: 'They are in the group.',
    onDone: () => setAdded((count) => count + 1),
  });
  const load: LoadChoices = ({ search }) => findMemberChoices({ search, groupId });
  return (
    <div className="mb-6 max-w-md rounded-lg border border-line bg-surface p-4">
      <Form
        {...state}
        submitLabel="Add member"
        onSubmit={(data) => run({ groupId, personId: String(data.get('personId')) })}
      >
        <Combobox
          key={added}
          label="Person to add"
          name="personId"
          load={load}
          required
          emptyHint="Everybody is in this group already."
        />
      </Form>
    </div>
  );
}

function columns(list: ListControl<MemberSort>, remove: (member: Member) => void): Column<Member>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ name, email }) => (
        <>
          <span className="font-medium">{name}</span>
          <span className="block text-sm text-muted">{email}</span>
        </>
      ),
    },
    {
      key: 'state',
      header: 'State',
      cell: ({ disabledAt }) => (disabledAt ? <Badge>Disabled</Badge> : <Badge tone="ok">Active</Badge>),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (member) => (
        <Button size="small" aria-label={`Take ${member.name} out`} onClick={() => remove(member)}>
          Take out
        </Button>
      ),
    },
  ];
}

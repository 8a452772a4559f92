'use client';

import { Plus, Shield, User, Users } from 'lucide-react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { GrantSort } from '#server/protocol/list-sorts.ts';
import { revokeGrant } from './actions.ts';
import { GrantForm } from './grant-form.tsx';
import { grantState } from './grant-state.ts';

export type Grant = {
  grantId: string;
  person: { name: string; email: string } | null;
  group: { name: string } | null;
  computer: { name: string } | null;
  record: { name: string; number: number } | null;
  policy: { name: string };
  accessLevel: { name: string } | null;
  startsAt: Date | null;
  endsAt: Date | null;
  revokedAt: Date | null;
};

type GrantsListProps = { grants: Page<Grant>; query: ListQuery<GrantSort>; now: Date };

export function GrantsList({ grants, query, now }: GrantsListProps) {
  const list = useListQuery(query, 'computer');
  const adding = useDialog<true>();
  const revoking = useDialog<Grant>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => adding.show(true)}>
      Add grant
    </Button>
  );
  const empty = (
    <EmptyState icon={Shield} title="No grants yet">
      Connect a person or a group with a computer, or with a record of AWS. It takes effect at once, and so does taking
      it back.
    </EmptyState>
  );
  return (
    <>
      <PageHeader title="Grants" action={add}>
        Who may work on which computer, or call AWS with which record, under which policy, from when to when. Without a
        grant nobody gets in.
      </PageHeader>
      <ListPage list={list} page={grants} of="grants" empty={empty}>
        <DataTable
          label="Grants"
          columns={columns(list, now, revoking.show)}
          rows={grants.rows}
          rowKey={(grant) => grant.grantId}
          isFaded={(grant) => grantState(grant, now).over}
        />
      </ListPage>
      <Dialog open={adding.isOpen} onOpenChange={(open) => !open && adding.close()} title="Add grant">
        <GrantForm onDone={adding.close} />
      </Dialog>
      {revoking.subject && <RevokeDialog grant={revoking.subject} isOpen={revoking.isOpen} onClose={revoking.close} />}
    </>
  );
}

function RevokeDialog({ grant, isOpen, onClose }: { grant: Grant; isOpen: boolean; onClose: () => void }) {
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={`Revoke the grant of ${subjectOf(grant)}?`}
      confirmLabel="Revoke grant"
      action={revokeGrant}
      input={{ grantId: grant.grantId }}
      done="The grant was revoked."
    >
      {subjectOf(grant)} loses access to {objectOf(grant)}. Sessions that run under this grant are closed within a
      second, unsaved work included. To give access again, add a new grant.
    </ConfirmAct>
  );
}

function subjectOf({ person, group }: Grant): string {
  return person?.name ?? group?.name ?? '';
}

function objectOf({ computer, record }: Grant): string {
  return computer?.name ?? record?.name ?? '';
}

function columns(list: ListControl<GrantSort>, now: Date, revoke: (grant: Grant) => void): Column<Grant>[] {
  return [
    { key: 'who', header: 'Who', ...list.sorting('who'), isTitle: true, cell: (grant) => <Subject grant={grant} /> },
    { key: 'computer', header: 'To', ...list.sorting('computer'), cell: (grant) => <Thing grant={grant} /> },
    {
      key: 'policy',
      header: 'Policy',
      ...list.sorting('policy'),
      cell: ({ policy, accessLevel }) => (
        <>
          {policy.name}
          {accessLevel && <span className="block text-sm text-muted">at level {accessLevel.name}</span>}
        </>
      ),
    },
    {
      key: 'from',
      header: 'From',
      ...list.sorting('from'),
      cell: ({ startsAt }) => (startsAt ? <Time at={startsAt} /> : <Faint>At once</Faint>),
    },
    {
      key: 'until',
      header: 'Until',
      ...list.sorting('until'),
      cell: ({ endsAt }) => (endsAt ? <Time at={endsAt} /> : <Faint>No end</Faint>),
    },
    {
      key: 'state',
      header: 'State',
      cell: (grant) => {
        const { label, tone } = grantState(grant, now);
        return <Badge tone={tone}>{label}</Badge>;
      },
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (grant) =>
        grantState(grant, now).over ? null : (
          <Button
            size="small"
            aria-label={`Revoke the grant of ${subjectOf(grant)} to ${objectOf(grant)}`}
            onClick={() => revoke(grant)}
          >
            Revoke
          </Button>
        ),
    },
  ];
}

function Subject({ grant: { person, group } }: { grant: Grant }) {
  const Icon = person ? User : Users;
  return (
    <span className="flex items-start gap-2">
      <Icon aria-hidden className="mt-1 size-3.5 shrink-0 text-faint" />
      <span>
        <span className="font-medium">{person?.name ?? group?.name}</span>
        <span className="block text-sm text-muted">{person?.email ?? 'Group'}</span>
      </span>
    </span>
  );
}

function Thing({ grant }: { grant: Grant }) {
  return (
    <>
      {objectOf(grant)}
      {grant.record && <span className="block text-sm text-muted">AWS record {grant.record.number}</span>}
    </>
  );
}

function Faint({ children }: { children: string }) {
  return <span className="text-faint">{children}</span>;
}

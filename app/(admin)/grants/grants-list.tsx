'use client';

import { Plus, Shield, User, Users } from 'lucide-react';
import { useState } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Found, ListTools } from '#app/components/list-tools.tsx';
import { matchingRows } from '#app/components/matching-rows.ts';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { revokeGrant } from './actions.ts';
import { type GrantChoices, GrantForm } from './grant-form.tsx';
import { grantState } from './grant-state.ts';

export type Grant = {
  grantId: string;
  person: { name: string; email: string } | null;
  group: { name: string } | null;
  computer: { name: string };
  policy: { name: string };
  startsAt: Date | null;
  endsAt: Date | null;
  revokedAt: Date | null;
};

type GrantsListProps = { grants: readonly Grant[]; choices: GrantChoices; now: Date };

export function GrantsList({ grants, choices, now }: GrantsListProps) {
  const [query, setQuery] = useState('');
  const adding = useDialog<true>();
  const revoking = useDialog<Grant>();
  const shown = matchingRows(grants, query, (grant) =>
    [subjectOf(grant), grant.computer.name, grant.policy.name, grantState(grant, now).label].join(' '),
  );
  const add = (
    <Button look="primary" icon={Plus} onClick={() => adding.show(true)}>
      Add grant
    </Button>
  );
  return (
    <>
      <PageHeader title="Grants" action={grants.length > 0 && add}>
        Who may work on which computer, under which policy, from when to when. Without a grant nobody gets in.
      </PageHeader>
      {grants.length === 0 ? (
        <EmptyState icon={Shield} title="No grants yet" action={add}>
          Connect a person or a group with a computer. It takes effect at once, and so does taking it back.
        </EmptyState>
      ) : (
        <>
          <ListTools label="Search grants" query={query} onQuery={setQuery} shown={shown.length} all={grants.length} />
          <Found shown={shown.length} onClear={() => setQuery('')}>
            <DataTable
              label="Grants"
              columns={columns(now, revoking.show)}
              rows={shown}
              rowKey={(grant) => grant.grantId}
              isFaded={(grant) => grantState(grant, now).over}
            />
          </Found>
        </>
      )}
      <Dialog open={adding.isOpen} onOpenChange={(open) => !open && adding.close()} title="Add grant">
        <GrantForm choices={choices} onDone={adding.close} />
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
      {subjectOf(grant)} loses access to {grant.computer.name}. Sessions that run under this grant are closed within a
      second, unsaved work included. To give access again, add a new grant.
    </ConfirmAct>
  );
}

function subjectOf({ person, group }: Grant): string {
  return person?.name ?? group?.name ?? '';
}

function columns(now: Date, revoke: (grant: Grant) => void): Column<Grant>[] {
  return [
    { key: 'who', header: 'Who', isTitle: true, cell: (grant) => <Subject grant={grant} /> },
    { key: 'computer', header: 'Computer', cell: ({ computer }) => computer.name },
    { key: 'policy', header: 'Policy', cell: ({ policy }) => policy.name },
    {
      key: 'from',
      header: 'From',
      cell: ({ startsAt }) => (startsAt ? <Time at={startsAt} /> : <Faint>At once</Faint>),
    },
    { key: 'until', header: 'Until', cell: ({ endsAt }) => (endsAt ? <Time at={endsAt} /> : <Faint>No end</Faint>) },
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
            aria-label={`Revoke the grant of ${subjectOf(grant)} to ${grant.computer.name}`}
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

function Faint({ children }: { children: string }) {
  return <span className="text-faint">{children}</span>;
}

'use client';

import { ShieldCheck } from 'lucide-react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { SuspensionSort } from '#server/protocol/list-sorts.ts';
import { confirmTarget } from '../actions.ts';
import { addressOf } from '../address.ts';

type Target = {
  credentialId: string;
  server: string;
  port: number;
  credential: { name: string; username: string };
  why: 'new_target' | 'address' | 'host_key';
  at: Date;
  by: { personId: string; name: string } | null;
  from: string | null;
  hostKey: string | null;
  pinned: string | null;
  computers: readonly string[];
  computerCount: number;
};

type WaitingListProps = { targets: Page<Target>; query: ListQuery<SuspensionSort>; ownId: string };

/** Where a shared secret waits because somebody changed where it goes; another administrator says whether that is right. */
export function WaitingList({ targets, query, ownId }: WaitingListProps) {
  const list = useListQuery(query, 'since');
  const confirming = useDialog<Target>();
  const empty = (
    <EmptyState icon={ShieldCheck} title="Nothing waits">
      When somebody points a shared credential at a new address or another host key, it waits here until another
      administrator confirms it.
    </EmptyState>
  );
  return (
    <>
      <ListPage list={list} page={targets} of="what waits" empty={empty}>
        <DataTable
          label="Waiting for confirmation"
          columns={columns(list, ownId, confirming.show)}
          rows={targets.rows}
          rowKey={(target) => `${target.credentialId} ${addressOf(target)}`}
        />
      </ListPage>
      {confirming.subject && (
        <ConfirmTarget target={confirming.subject} isOpen={confirming.isOpen} onClose={confirming.close} />
      )}
    </>
  );
}

function columns(list: ListControl<SuspensionSort>, ownId: string, show: (target: Target) => void): Column<Target>[] {
  return [
    {
      key: 'credential',
      header: 'Credential',
      ...list.sorting('credential'),
      isTitle: true,
      cell: ({ credential }) => (
        <>
          <span className="font-medium">{credential.name}</span>
          <span className="block font-mono text-sm text-faint">{credential.username}</span>
        </>
      ),
    },
    {
      key: 'address',
      header: 'Where it would go',
      ...list.sorting('address'),
      cell: (target) => (
        <>
          <span className="font-mono text-sm break-all">{addressOf(target)}</span>
          <span className="block text-sm text-muted">{computersOf(target)}</span>
        </>
      ),
    },
    { key: 'why', header: 'Why', cell: (target) => <Why target={target} /> },
    {
      key: 'since',
      header: 'Since',
      ...list.sorting('since'),
      cell: ({ at, by }) => (
        <>
          <Time at={at} evidence />
          <span className="block text-sm text-muted">by {by?.name ?? 'the installation'}</span>
        </>
      ),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (target) =>
        target.by?.personId === ownId ? (
          <span className="text-sm text-muted">
            Another administrator confirms your change, or you enter the secret again.
          </span>
        ) : (
          <Button
            size="small"
            aria-label={`Confirm ${target.credential.name} at ${addressOf(target)}`}
            onClick={() => show(target)}
          >
            Confirm
          </Button>
        ),
    },
  ];
}

function Why({ target: { why, from, hostKey, pinned } }: { target: Target }) {
  if (why === 'new_target') return 'Put to use there by somebody who did not enter its secret.';
  if (why === 'address') return from ? `The computer moved from ${from}.` : 'A server was added to the computer.';
  return (
    <>
      Another host key was approved there.
      <span className="block font-mono text-xs break-all text-faint">before: {hostKey ?? from}</span>
      <span className="block font-mono text-xs break-all text-faint">now: {pinned ?? 'none'}</span>
    </>
  );
}

function computersOf({ computers, computerCount }: Target): string {
  const more = computerCount - computers.length;
  return `${computers.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

type ConfirmTargetProps = { target: Target; isOpen: boolean; onClose: () => void };

function ConfirmTarget({ target, isOpen, onClose }: ConfirmTargetProps) {
  const { credentialId, server, port, at, pinned, hostKey } = target;
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={`Let “${target.credential.name}” go to ${addressOf(target)}?`}
      confirmLabel="Confirm"
      action={confirmTarget}
      input={{ credentialId, server, port, at, pinned }}
      done={`${target.credential.name} may be used at ${addressOf(target)}.`}
    >
      {target.by?.name ?? 'The installation'} changed this. Whoever runs that host can read the password that is sent to
      it, so ask them first if you do not know why.{' '}
      {(pinned ?? hostKey)
        ? `It must show the host key ${pinned ?? hostKey}.`
        : 'No host key is pinned there yet: the first one approved counts.'}
    </ConfirmAct>
  );
}

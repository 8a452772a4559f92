'use client';

import { Fingerprint } from 'lucide-react';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { HostKeySort } from '#server/protocol/list-sorts.ts';
import { addressOf } from './address.ts';
import { ForgetHostKey } from './forget-host-key.tsx';

export type HostKey = {
  server: string;
  port: number;
  keyType: string;
  fingerprint: string;
  pinnedAt: Date;
  pinnedBy: { name: string } | null;
};

export function HostKeysList({ hostKeys, query }: { hostKeys: Page<HostKey>; query: ListQuery<HostKeySort> }) {
  const list = useListQuery(query, 'address');
  const forgetting = useDialog<HostKey>();
  const empty = (
    <EmptyState icon={Fingerprint} title="No host keys yet">
      Read the key of a computer from its menu and approve it, or let whoever connects first be asked. From then on only
      that key is accepted.
    </EmptyState>
  );
  return (
    <>
      <ListPage list={list} page={hostKeys} of="host keys" empty={empty}>
        <DataTable label="Host keys" columns={columns(list, forgetting.show)} rows={hostKeys.rows} rowKey={addressOf} />
      </ListPage>
      <ForgetHostKey dialog={forgetting}>
        Do this only if the computer was really reinstalled or its key changed on purpose. The next session asks someone
        to approve whatever key is shown then; compare its fingerprint with the computer.
      </ForgetHostKey>
    </>
  );
}

function columns(list: ListControl<HostKeySort>, forget: (hostKey: HostKey) => void): Column<HostKey>[] {
  return [
    {
      key: 'address',
      header: 'Address',
      ...list.sorting('address'),
      isTitle: true,
      cell: (hostKey) => <span className="font-mono text-sm">{addressOf(hostKey)}</span>,
    },
    {
      key: 'fingerprint',
      header: 'Fingerprint',
      cell: ({ fingerprint, keyType }) => (
        <>
          <span className="font-mono text-sm break-all">{fingerprint}</span>
          <span className="block text-sm text-faint">{keyType}</span>
        </>
      ),
    },
    {
      key: 'pinned',
      header: 'Pinned',
      ...list.sorting('pinned'),
      cell: ({ pinnedAt, pinnedBy }) => (
        <>
          <Time at={pinnedAt} evidence />
          {pinnedBy && <span className="block text-sm text-muted">by {pinnedBy.name}</span>}
        </>
      ),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (hostKey) => (
        <Button size="small" aria-label={`Forget host key of ${addressOf(hostKey)}`} onClick={() => forget(hostKey)}>
          Forget
        </Button>
      ),
    },
  ];
}

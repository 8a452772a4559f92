'use client';

import { Ban, Fingerprint, Pencil, Plus, RotateCcw, Server } from 'lucide-react';
import Link from 'next/link';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { ComputerSort } from '#server/protocol/list-sorts.ts';
import type { Mode } from '#server/protocol/session-words.ts';
import { addressOf } from './address.ts';
import { ComputerDialogs, type ComputerTask } from './computer-dialogs.tsx';
import { ComputersHeader } from './computers-header.tsx';

export type Computer = {
  computerId: number;
  name: string;
  description: string;
  mode: Mode;
  server: string;
  server2: string | null;
  server3: string | null;
  port: number;
  notes: string;
  disabledAt: Date | null;
  sharedCredential: { credentialId: string; name: string; username: string } | null;
};

type ListedComputer = Computer & { furtherCredentials: number; pinnedServers: number; waiting: number };
type ComputersListProps = { computers: Page<ListedComputer>; query: ListQuery<ComputerSort>; waiting: number };

export function ComputersList({ computers, query, waiting }: ComputersListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<ComputerTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add computer
    </Button>
  );
  const empty = (
    <EmptyState icon={Server} title="No computers yet">
      Add the first one by its address, or import a table of many. It shows up in the shop of everyone you grant it to.
    </EmptyState>
  );
  return (
    <>
      <ComputersHeader waiting={waiting} action={add} />
      <ListPage list={list} page={computers} of="computers" empty={empty}>
        <DataTable
          label="Computers"
          columns={columns(list, dialog.show)}
          rows={computers.rows}
          rowKey={(computer) => computer.computerId}
          isFaded={(computer) => computer.disabledAt !== null}
        />
      </ListPage>
      <ComputerDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<ComputerSort>, show: (task: ComputerTask) => void): Column<ListedComputer>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ computerId, name, description }) => (
        <>
          <Link href={`/computers/${computerId}`} className="font-medium hover:text-accent hover:underline">
            {name}
          </Link>
          {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
        </>
      ),
    },
    {
      key: 'address',
      header: 'Address',
      ...list.sorting('address'),
      cell: (computer) => <Addresses computer={computer} />,
    },
    {
      key: 'credential',
      header: 'Credential',
      ...list.sorting('credential'),
      cell: (computer) => <Credentials computer={computer} />,
    },
    {
      key: 'state',
      header: 'State',
      ...list.sorting('state'),
      cell: ({ disabledAt }) => (disabledAt ? <Badge>Off</Badge> : <Badge tone="ok">On</Badge>),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (computer) => <ComputerActs computer={computer} show={show} />,
    },
  ];
}

function serverCount({ server2, server3 }: Computer): number {
  return 1 + Number(server2 !== null) + Number(server3 !== null);
}

function Addresses({ computer }: { computer: ListedComputer }) {
  const [servers, pinned] = [serverCount(computer), computer.pinnedServers];
  const keys =
    servers === 1 ? (pinned === 1 ? 'host key pinned' : 'no host key yet') : `${pinned} of ${servers} host keys`;
  return (
    <>
      <span className="font-mono text-sm break-all">{addressOf(computer)}</span>
      {servers > 1 && <span className="ml-1.5 text-sm text-faint">and {servers - 1} more</span>}
      <span className="block text-sm text-faint">
        {computer.mode} · {keys}
      </span>
    </>
  );
}

function Credentials({ computer: { sharedCredential, furtherCredentials, waiting } }: { computer: ListedComputer }) {
  return (
    <>
      {sharedCredential ? (
        <>
          {sharedCredential.name}
          <span className="block font-mono text-sm text-faint">{sharedCredential.username}</span>
        </>
      ) : (
        <Badge tone="warn">No credential</Badge>
      )}
      {furtherCredentials > 0 && <span className="block text-sm text-faint">and {furtherCredentials} more</span>}
      {waiting > 0 && <Badge tone="warn">Waits for confirmation</Badge>}
    </>
  );
}

type ComputerActsProps = { computer: ListedComputer; show: (task: ComputerTask) => void };

function ComputerActs({ computer, show }: ComputerActsProps) {
  return (
    <RowMenu of={computer.name}>
      <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', computer })}>
        Edit
      </MenuItem>
      {computer.pinnedServers === 0 && (
        <MenuItem icon={Fingerprint} onClick={() => show({ kind: 'host-key', computer, server: computer.server })}>
          Read host key
        </MenuItem>
      )}
      {computer.disabledAt ? (
        <MenuItem icon={RotateCcw} onClick={() => show({ kind: 'enable', computer })}>
          Switch on
        </MenuItem>
      ) : (
        <MenuItem icon={Ban} danger onClick={() => show({ kind: 'disable', computer })}>
          Switch off
        </MenuItem>
      )}
    </RowMenu>
  );
}

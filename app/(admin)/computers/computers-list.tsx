'use client';

import { Ban, Fingerprint, Pencil, Plus, RotateCcw, Server } from 'lucide-react';
import { useState } from 'react';
import { Found, ListTools } from '#app/components/list-tools.tsx';
import { matchingRows } from '#app/components/matching-rows.ts';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { Mode } from '#server/protocol/session-words.ts';
import { addressOf } from './address.ts';
import { ComputerDialogs, type ComputerTask } from './computer-dialogs.tsx';
import type { HostKey } from './host-keys-list.tsx';

export type CredentialChoice = { credentialId: string; name: string; username: string };
export type Computer = {
  computerId: number;
  name: string;
  description: string;
  mode: Mode;
  server: string;
  port: number;
  disabledAt: Date | null;
  sharedCredential: CredentialChoice | null;
};

type ComputersListProps = {
  computers: readonly Computer[];
  credentials: readonly CredentialChoice[];
  hostKeys: readonly HostKey[];
};

export function ComputersList({ computers, credentials, hostKeys }: ComputersListProps) {
  const [query, setQuery] = useState('');
  const dialog = useDialog<ComputerTask>();
  const shown = matchingRows(computers, query, (row) => `${row.name} ${row.description} ${row.server} ${row.mode}`);
  const pinned = new Set(hostKeys.map(addressOf));
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add computer
    </Button>
  );
  return (
    <>
      {computers.length === 0 ? (
        <EmptyState icon={Server} title="No computers yet" action={add}>
          Add the first one by its address. It shows up in the shop of everyone you grant it to.
        </EmptyState>
      ) : (
        <>
          <ListTools
            label="Search computers"
            query={query}
            onQuery={setQuery}
            shown={shown.length}
            all={computers.length}
            action={add}
          />
          <Found shown={shown.length} onClear={() => setQuery('')}>
            <DataTable
              label="Computers"
              columns={columns(pinned, dialog.show)}
              rows={shown}
              rowKey={(computer) => computer.computerId}
              isFaded={(computer) => computer.disabledAt !== null}
            />
          </Found>
        </>
      )}
      <ComputerDialogs task={dialog.subject} credentials={credentials} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(pinned: ReadonlySet<string>, show: (task: ComputerTask) => void): Column<Computer>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      isTitle: true,
      cell: ({ name, description }) => (
        <>
          <span className="font-medium">{name}</span>
          {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
        </>
      ),
    },
    {
      key: 'address',
      header: 'Address',
      cell: (computer) => (
        <>
          <span className="font-mono text-sm break-all">{addressOf(computer)}</span>
          <span className="block text-sm text-faint">
            {computer.mode} · {pinned.has(addressOf(computer)) ? 'host key pinned' : 'no host key yet'}
          </span>
        </>
      ),
    },
    {
      key: 'credential',
      header: 'Credential',
      cell: ({ sharedCredential }) =>
        sharedCredential ? (
          <>
            {sharedCredential.name}
            <span className="block font-mono text-sm text-faint">{sharedCredential.username}</span>
          </>
        ) : (
          <Badge tone="warn">No credential</Badge>
        ),
    },
    {
      key: 'state',
      header: 'State',
      cell: ({ disabledAt }) => (disabledAt ? <Badge>Off</Badge> : <Badge tone="ok">On</Badge>),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (computer) => <ComputerActs computer={computer} isPinned={pinned.has(addressOf(computer))} show={show} />,
    },
  ];
}

type ComputerActsProps = { computer: Computer; isPinned: boolean; show: (task: ComputerTask) => void };

function ComputerActs({ computer, isPinned, show }: ComputerActsProps) {
  return (
    <RowMenu of={computer.name}>
      <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', computer })}>
        Edit
      </MenuItem>
      {!isPinned && (
        <MenuItem icon={Fingerprint} onClick={() => show({ kind: 'host-key', computer })}>
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

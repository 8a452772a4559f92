'use client';

import { Ban, ListPlus, Pencil, Plus, RotateCcw, Tags } from 'lucide-react';
import Link from 'next/link';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem, MenuLink } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { RecordTypeSort } from '#server/protocol/list-sorts.ts';
import type { RecordKind } from '#server/protocol/session-words.ts';
import { RecordTypeDialogs, type RecordTypeTask } from './record-type-dialogs.tsx';
import { kindLabels } from './record-type-labels.ts';

export type RecordType = {
  recordTypeId: string;
  name: string;
  description: string;
  kind: RecordKind;
  isBuiltIn: boolean;
  disabledAt: Date | null;
  fieldCount: number;
  credentialCount: number;
};

type RecordTypesListProps = { types: Page<RecordType>; query: ListQuery<RecordTypeSort> };

export function RecordTypesList({ types, query }: RecordTypesListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<RecordTypeTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add record type
    </Button>
  );
  return (
    <>
      <PageHeader title="Record types" action={add}>
        What credentials are kept as, shared and personal ones alike. Each type has a kind of secret, and fields of your
        own beside it.
      </PageHeader>
      <ListPage
        list={list}
        page={types}
        of="record types"
        empty={
          <EmptyState icon={Tags} title="No record types yet" action={add}>
            Add one to say what its credentials are.
          </EmptyState>
        }
      >
        <DataTable
          label="Record types"
          columns={columns(list, dialog.show)}
          rows={types.rows}
          rowKey={(type) => type.recordTypeId}
          isFaded={(type) => type.disabledAt !== null}
        />
      </ListPage>
      <RecordTypeDialogs task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<RecordTypeSort>, show: (task: RecordTypeTask) => void): Column<RecordType>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ recordTypeId, name, description }) => (
        <>
          <Link href={`/record-types/${recordTypeId}`} className="font-medium text-accent hover:underline">
            {name}
          </Link>
          {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
        </>
      ),
    },
    { key: 'kind', header: 'Secret', ...list.sorting('kind'), cell: ({ kind }) => <Badge>{kindLabels[kind]}</Badge> },
    { key: 'fields', header: 'Fields', cell: ({ fieldCount }) => <span className="tabular-nums">{fieldCount}</span> },
    {
      key: 'credentials',
      header: 'Credentials',
      ...list.sorting('credentials'),
      cell: ({ credentialCount }) => <span className="tabular-nums">{credentialCount}</span>,
    },
    {
      key: 'state',
      header: 'State',
      cell: ({ disabledAt }) => (disabledAt ? <Badge>Disabled</Badge> : <Badge tone="ok">Enabled</Badge>),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (type) => (
        <RowMenu of={type.name}>
          <MenuLink icon={ListPlus} href={`/record-types/${type.recordTypeId}`}>
            Fields
          </MenuLink>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', type })}>
            Edit
          </MenuItem>
          {type.disabledAt ? (
            <MenuItem icon={RotateCcw} onClick={() => show({ kind: 'enable', type })}>
              Enable
            </MenuItem>
          ) : (
            <MenuItem icon={Ban} danger onClick={() => show({ kind: 'disable', type })}>
              Disable
            </MenuItem>
          )}
        </RowMenu>
      ),
    },
  ];
}

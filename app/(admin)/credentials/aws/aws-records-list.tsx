'use client';

import { CloudCog, Pencil, PlugZap, Plus, Power, Route, Trash2 } from 'lucide-react';
import type { RecordForm } from '#app/components/credential-forms/record-values.ts';
import { type ListControl, ListPage, useListQuery } from '#app/components/list-page.tsx';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import type { AwsRecordSort } from '#server/protocol/list-sorts.ts';
import { CredentialsHeader } from '../credentials-header.tsx';
import type { AwsRecord } from './aws-record.ts';
import { RecordDialogs, type RecordTask } from './record-dialogs.tsx';

type AwsRecordsListProps = {
  records: Page<AwsRecord>;
  query: ListQuery<AwsRecordSort>;
  types: readonly RecordForm[];
};

export function AwsRecordsList({ records, query, types }: AwsRecordsListProps) {
  const list = useListQuery(query, 'name');
  const dialog = useDialog<RecordTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add AWS record
    </Button>
  );
  const isEmpty = records.total === 0 && query.search === '';
  const empty = (
    <EmptyState icon={CloudCog} title="No AWS records yet" action={add}>
      Store an access key once, grant it to people, and they call AWS without ever seeing it.
    </EmptyState>
  );
  return (
    <>
      <CredentialsHeader action={!isEmpty && add}>
        Keys of AWS accounts that the proxy signs with. They are sealed when you save them and never shown again.
      </CredentialsHeader>
      <ListPage list={list} page={records} of="AWS records" empty={empty}>
        <DataTable
          label="AWS records"
          columns={columns(list, dialog.show)}
          rows={records.rows}
          rowKey={({ credentialId }) => credentialId}
          isFaded={({ disabledAt, isTypeDisabled }) => disabledAt !== null || isTypeDisabled}
        />
      </ListPage>
      <RecordDialogs task={dialog.subject} types={types} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(list: ListControl<AwsRecordSort>, show: (task: RecordTask) => void): Column<AwsRecord>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      ...list.sorting('name'),
      isTitle: true,
      cell: ({ name, description, reference }) => (
        <>
          <span className="font-medium">{name}</span>
          {description && <span className="block max-w-sm truncate text-sm text-muted">{description}</span>}
          {reference && <span className="block text-sm text-muted">Keys of {reference.name}</span>}
        </>
      ),
    },
    { key: 'number', header: 'No.', ...list.sorting('number'), cell: ({ number }) => number },
    {
      key: 'accessKeyId',
      header: 'Access key id',
      ...list.sorting('accessKeyId'),
      cell: ({ accessKeyId, checkedArn, checkProblem }) => (
        <>
          <span className="font-mono text-sm break-all">{accessKeyId}</span>
          {checkedArn && <span className="block text-sm break-all text-muted">{checkedArn}</span>}
          {checkProblem && <span className="block text-sm text-danger">{checkProblem}</span>}
        </>
      ),
    },
    { key: 'where', header: 'Where', cell: (record) => <Where record={record} /> },
    {
      key: 'tags',
      header: 'Tags',
      cell: ({ tags }) =>
        Object.entries(tags).map(([key, value]) => (
          <span key={key} className="block font-mono text-sm">
            {key}={value}
          </span>
        )),
    },
    { key: 'grants', header: 'Grants', cell: ({ grants }) => <span className="tabular-nums">{grants}</span> },
    { key: 'state', header: 'State', cell: (record) => <State record={record} /> },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (record) => (
        <RowMenu of={record.name}>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', record })}>
            Edit or replace keys
          </MenuItem>
          <MenuItem icon={PlugZap} onClick={() => show({ kind: 'check', record })}>
            Check keys
          </MenuItem>
          <MenuItem icon={Route} onClick={() => show({ kind: 'endpoint', record })}>
            Endpoint
          </MenuItem>
          <MenuItem icon={Power} onClick={() => show({ kind: 'switch', record })}>
            {record.disabledAt ? 'Switch on' : 'Switch off'}
          </MenuItem>
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'delete', record })}>
            Delete
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

function Where({ record: { partition, regions, services, endpointUrl } }: { record: AwsRecord }) {
  return (
    <>
      {endpointUrl ? <Badge tone="warn">{endpointUrl}</Badge> : partition}
      <span className="block text-sm text-muted">{regions.join(', ') || 'All regions'}</span>
      <span className="block text-sm text-muted">{services.join(', ') || 'All services'}</span>
    </>
  );
}

function State({ record: { disabledAt, isTypeDisabled } }: { record: AwsRecord }) {
  if (disabledAt) return <Badge>Off</Badge>;
  return isTypeDisabled ? <Badge>Record type off</Badge> : <Badge tone="ok">On</Badge>;
}

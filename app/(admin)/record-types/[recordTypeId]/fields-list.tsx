'use client';

import { ListPlus, Pencil, Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { RowMenu } from '#app/components/row-menu.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { MenuItem } from '#app/components/ui/menu.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { fieldTypeLabels } from '../record-type-labels.ts';
import { type Field, FieldDialogs, type FieldTask } from './field-dialogs.tsx';

type FieldsListProps = { recordTypeId: string; name: string; fields: readonly Field[]; children: ReactNode };

/** The fields that a record type adds to its credentials. */
export function FieldsList({ recordTypeId, name, fields, children }: FieldsListProps) {
  const dialog = useDialog<FieldTask>();
  const add = (
    <Button look="primary" icon={Plus} onClick={() => dialog.show({ kind: 'add' })}>
      Add field
    </Button>
  );
  return (
    <>
      <PageHeader title={name} action={fields.length > 0 && add}>
        {children}
      </PageHeader>
      {fields.length === 0 ? (
        <EmptyState icon={ListPlus} title="No fields of its own" action={add}>
          Its credentials have a name, a user name, a description and a secret. Add what else is worth knowing of them.
        </EmptyState>
      ) : (
        <DataTable label="Fields" columns={columns(dialog.show)} rows={fields} rowKey={(field) => field.name} />
      )}
      <FieldDialogs recordTypeId={recordTypeId} task={dialog.subject} isOpen={dialog.isOpen} onClose={dialog.close} />
    </>
  );
}

function columns(show: (task: FieldTask) => void): Column<Field>[] {
  return [
    {
      key: 'label',
      header: 'Label',
      isTitle: true,
      cell: ({ label, isRequired }) => (
        <>
          <span className="font-medium">{label}</span> {isRequired && <Badge>Required</Badge>}
        </>
      ),
    },
    { key: 'name', header: 'Name', cell: ({ name }) => <span className="font-mono text-sm break-all">{name}</span> },
    { key: 'type', header: 'Values', cell: ({ type }) => fieldTypeLabels[type] },
    {
      key: 'values',
      header: 'In use',
      cell: ({ values }) =>
        values > 0 ? (
          <span className="tabular-nums">{values === 1 ? '1 credential' : `${values} credentials`}</span>
        ) : (
          <span className="text-faint">Not yet</span>
        ),
    },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (field) => (
        <RowMenu of={field.label}>
          <MenuItem icon={Pencil} onClick={() => show({ kind: 'change', field })}>
            Edit
          </MenuItem>
          <MenuItem icon={Trash2} danger onClick={() => show({ kind: 'remove', field })}>
            Remove
          </MenuItem>
        </RowMenu>
      ),
    },
  ];
}

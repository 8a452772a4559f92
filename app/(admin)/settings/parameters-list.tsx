'use client';

import { Button } from '#app/components/ui/button.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { definitionOf, type SettingName, type SettingValue, settingInWords } from '#server/protocol/settings.ts';
import { ParameterForm } from './parameter-form.tsx';

export type Parameter = {
  name: SettingName;
  value: SettingValue;
  changed: { at: Date; by: string | null } | null;
};

/** Every setting with what it does, its value, and who set it. */
export function ParametersList({ parameters }: { parameters: readonly Parameter[] }) {
  const dialog = useDialog<Parameter>();
  const { subject } = dialog;
  return (
    <>
      <PageHeader title="Settings">
        They count for everybody from the next use on, without a restart. Every change stands in the audit log.
      </PageHeader>
      <h2 id="parameters" className="mb-3 text-lg font-semibold">
        Parameters
      </h2>
      <DataTable label="Parameters" columns={columns(dialog.show)} rows={parameters} rowKey={({ name }) => name} />
      <Dialog
        open={dialog.isOpen}
        onOpenChange={(open) => !open && dialog.close()}
        title={subject ? definitionOf(subject.name).label : ''}
        description={subject && definitionOf(subject.name).help}
      >
        {subject && <ParameterForm key={subject.name} parameter={subject} onDone={dialog.close} />}
      </Dialog>
    </>
  );
}

function columns(show: (parameter: Parameter) => void): Column<Parameter>[] {
  return [
    {
      key: 'parameter',
      header: 'Parameter',
      isTitle: true,
      cell: ({ name }) => (
        <>
          <span className="font-medium">{definitionOf(name).label}</span>
          <span className="block max-w-prose text-sm text-muted">{definitionOf(name).help}</span>
        </>
      ),
    },
    {
      key: 'value',
      header: 'Value',
      cell: ({ name, value }) => <span className="wrap-anywhere">{settingInWords(name, value)}</span>,
    },
    { key: 'changed', header: 'Set', cell: ({ changed }) => <Changed changed={changed} /> },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (parameter) => (
        <Button
          size="small"
          aria-label={`Change: ${definitionOf(parameter.name).label}`}
          onClick={() => show(parameter)}
        >
          Change
        </Button>
      ),
    },
  ];
}

function Changed({ changed }: Pick<Parameter, 'changed'>) {
  if (!changed) return <span className="text-muted">Default</span>;
  return (
    <>
      <Time at={changed.at} />
      {changed.by && <span className="block text-sm text-muted">by {changed.by}</span>}
    </>
  );
}

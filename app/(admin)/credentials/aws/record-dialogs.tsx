'use client';

import { ConfirmAct } from '#app/components/confirm-act.tsx';
import type { RecordForm } from '#app/components/credential-forms/record-values.ts';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { deleteRecord, setDisabled } from './actions.ts';
import type { AwsRecord } from './aws-record.ts';
import { AwsRecordForm } from './aws-record-form.tsx';
import { CheckForm } from './check-form.tsx';
import { EndpointForm } from './endpoint-form.tsx';

export type RecordTask =
  | { kind: 'add' }
  | { kind: 'change' | 'check' | 'endpoint' | 'switch' | 'delete'; record: AwsRecord };

type RecordDialogsProps = {
  task: RecordTask | undefined;
  types: readonly RecordForm[];
  isOpen: boolean;
  onClose: () => void;
};

/** To add, edit, redirect, switch and delete records of AWS. */
export function RecordDialogs({ task, types, isOpen, onClose }: RecordDialogsProps) {
  if (!task) return null;
  const frame = { open: isOpen, onOpenChange: (open: boolean) => !open && onClose() };
  if (task.kind === 'add') {
    return (
      <Dialog {...frame} title="Add AWS record">
        <AwsRecordForm types={types} onDone={onClose} />
      </Dialog>
    );
  }
  const { kind, record } = task;
  if (kind === 'change') {
    return (
      <Dialog {...frame} title={`Edit ${record.name}`}>
        <AwsRecordForm record={record} types={types} onDone={onClose} />
      </Dialog>
    );
  }
  if (kind === 'check') {
    return (
      <Dialog {...frame} title={`Check ${record.name}`}>
        <CheckForm record={record} onDone={onClose} />
      </Dialog>
    );
  }
  if (kind === 'endpoint') {
    return (
      <Dialog {...frame} title={`Endpoint of ${record.name}`}>
        <EndpointForm record={record} onDone={onClose} />
      </Dialog>
    );
  }
  const asked = { record, isOpen, onClose };
  return kind === 'switch' ? <SwitchDialog {...asked} /> : <DeleteDialog {...asked} />;
}

type AskedProps = { record: AwsRecord; isOpen: boolean; onClose: () => void };

function SwitchDialog({ record: { credentialId, name, disabledAt }, isOpen, onClose }: AskedProps) {
  const isOff = disabledAt !== null;
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={isOff ? `Switch ${name} on?` : `Switch ${name} off?`}
      confirmLabel={isOff ? 'Switch on' : 'Switch off'}
      danger={!isOff}
      action={setDisabled}
      input={{ credentialId, disabled: !isOff }}
      done={isOff ? `${name} is on again.` : `${name} is off.`}
    >
      {isOff
        ? 'Whoever has a grant on it can call AWS with it again.'
        : 'Calls with it are refused from now on, and transfers that run are cut.'}
    </ConfirmAct>
  );
}

function DeleteDialog({ record: { credentialId, name }, isOpen, onClose }: AskedProps) {
  return (
    <ConfirmAct
      open={isOpen}
      onClose={onClose}
      title={`Delete ${name}?`}
      confirmLabel="Delete record"
      action={deleteRecord}
      input={{ credentialId }}
      done={`${name} was deleted.`}
    >
      Its keys are destroyed and cannot be brought back. A record that was ever granted is kept: switch it off instead.
    </ConfirmAct>
  );
}

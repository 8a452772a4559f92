'use client';

import { Plus } from 'lucide-react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { Combobox } from '#app/components/ui/combobox.tsx';
import { type Column, DataTable } from '#app/components/ui/data-table.tsx';
import { Dialog } from '#app/components/ui/dialog.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { useAction } from '#app/components/use-action.ts';
import { useDialog } from '#app/components/use-dialog.ts';
import {
  addComputerCredential,
  findAccessLevelChoices,
  findCredentialChoices,
  removeComputerCredential,
} from '../actions.ts';
import { tellOfWaiting } from '../computer-forms.tsx';
import type { Computer } from '../computers-list.tsx';

export type Further = {
  credentialId: string;
  name: string;
  username: string;
  accessLevel: { accessLevelId: string; name: string } | null;
};
type Used = Further & { isStandard: boolean };
type CredentialsSectionProps = { computer: Computer; further: readonly Further[] };

/** What Connect signs in with, and what Advanced Mode offers besides, to those whose right is of its level. */
export function CredentialsSection({ computer, further }: CredentialsSectionProps) {
  const adding = useDialog<true>();
  const removing = useDialog<Used>();
  const { sharedCredential } = computer;
  const rows: Used[] = [
    ...(sharedCredential ? [{ ...sharedCredential, accessLevel: null, isStandard: true }] : []),
    ...further.map((each) => ({ ...each, isStandard: false })),
  ];
  return (
    <section aria-labelledby="credentials">
      <div className="mb-3 flex flex-wrap items-start justify-between gap-3">
        <div>
          <h2 id="credentials" className="text-lg font-semibold">
            Credentials
          </h2>
          <p className="max-w-3xl text-muted">
            Connect uses the first. The others are offered in Advanced Mode to whoever has their access level.
          </p>
        </div>
        <Button icon={Plus} onClick={() => adding.show(true)}>
          Add credential
        </Button>
      </div>
      {rows.length === 0 ? (
        <p className="text-muted">None yet: choose the one of Connect with Edit.</p>
      ) : (
        <DataTable
          label="Credentials"
          columns={columns(removing.show)}
          rows={rows}
          rowKey={(row) => `${row.isStandard} ${row.credentialId}`}
        />
      )}
      <Dialog
        open={adding.isOpen}
        onOpenChange={(open) => !open && adding.close()}
        title={`Add a credential to ${computer.name}`}
      >
        <AddCredentialForm computerId={computer.computerId} onDone={adding.close} />
      </Dialog>
      {removing.subject && (
        <ConfirmAct
          open={removing.isOpen}
          onClose={removing.close}
          title={`Take ${removing.subject.name} off ${computer.name}?`}
          confirmLabel="Take off"
          action={removeComputerCredential}
          input={{ computerId: computer.computerId, credentialId: removing.subject.credentialId }}
          done={`${removing.subject.name} is no longer used there.`}
        >
          Nobody can connect with it here any more. The credential itself stays.
        </ConfirmAct>
      )}
    </section>
  );
}

function columns(remove: (row: Used) => void): Column<Used>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      isTitle: true,
      cell: ({ name, isStandard }) => (
        <>
          <span className="font-medium">{name}</span> {isStandard && <Badge tone="accent">Connect</Badge>}
        </>
      ),
    },
    {
      key: 'username',
      header: 'User name',
      cell: ({ username }) => <span className="font-mono text-sm">{username}</span>,
    },
    { key: 'level', header: 'Access level', cell: ({ accessLevel }) => accessLevel?.name ?? 'Standard' },
    {
      key: 'acts',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (row) =>
        !row.isStandard && (
          <Button size="small" aria-label={`Take off ${row.name}`} onClick={() => remove(row)}>
            Take off
          </Button>
        ),
    },
  ];
}

function AddCredentialForm({ computerId, onDone }: { computerId: number; onDone: () => void }) {
  const { run, ...state } = useAction(addComputerCredential, {
    onDone: ({ credentialWaits }) => {
      tellOfWaiting('The credential was added.', credentialWaits);
      onDone();
    },
  });
  const text = (data: FormData, name: string) => String(data.get(name) ?? '');
  return (
    <Form
      {...state}
      submitLabel="Add credential"
      onCancel={onDone}
      onSubmit={(data) =>
        run({
          computerId,
          credentialId: text(data, 'credentialId'),
          accessLevelId: text(data, 'accessLevelId'),
        })
      }
    >
      <Combobox
        label="Credential"
        name="credentialId"
        load={findCredentialChoices}
        emptyHint="There is no shared credential yet. Add one under Credentials first."
        required
      />
      <Combobox
        label="Access level"
        name="accessLevelId"
        load={findAccessLevelChoices}
        placeholder="Standard"
        hint="Who may use it: those whose grant gives this level."
        emptyHint="There are no levels besides the standard one. Add some under Access levels."
        optional
      />
    </Form>
  );
}

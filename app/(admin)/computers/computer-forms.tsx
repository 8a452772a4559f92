'use client';

import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Combobox } from '#app/components/ui/combobox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { tell } from '#app/components/ui/toast.tsx';
import { useAction } from '#app/components/use-action.ts';
import { changeComputer, createComputer, findCredentialChoices } from './actions.ts';
import type { Computer } from './computers-list.tsx';

/** Told after an act that may have put a secret to use where it was not entered for; the page shows what waits. */
export function tellOfWaiting(done: string, credentialWaits: boolean): void {
  tell.done(credentialWaits ? 'Saved. A credential waits at the new address until it is confirmed.' : done);
}

export function AddComputerForm({ onDone }: { onDone: () => void }) {
  const { run, ...state } = useAction(createComputer, {
    onDone: ({ credentialWaits }) => {
      tellOfWaiting('The computer was added.', credentialWaits);
      onDone();
    },
  });
  return (
    <Form {...state} submitLabel="Add computer" onCancel={onDone} onSubmit={(data) => run(computerOf(data))}>
      <ComputerFields />
    </Form>
  );
}

export function ChangeComputerForm({ computer, onDone }: { computer: Computer; onDone: () => void }) {
  const [isMoved, setMoved] = useState(false);
  const { run, ...state } = useAction(changeComputer, {
    onDone: ({ credentialWaits }) => {
      tellOfWaiting('The change was saved.', credentialWaits);
      onDone();
    },
  });
  const noteMove = (form: HTMLFormElement) => setMoved(movesAway(computer, computerOf(new FormData(form))));
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ ...computerOf(data), computerId: computer.computerId })}
    >
      <ComputerFields computer={computer} onAddress={noteMove} />
      {isMoved && (
        <Banner tone="warn">
          The credentials of this computer were entered for its addresses. At a new one they wait until another
          administrator confirms them, or until their secrets are entered again.
        </Banner>
      )}
    </Form>
  );
}

/** Whether a server is named that the computer does not have yet, or another port. */
function movesAway(computer: Computer, next: ReturnType<typeof computerOf>): boolean {
  if (next.port.trim() !== String(computer.port)) return true;
  const known = [computer.server, computer.server2, computer.server3];
  const servers = [next.server, next.server2, next.server3].map((server) => server.trim().toLowerCase());
  return servers.some((server) => server !== '' && !known.includes(server));
}

type ComputerFieldsProps = { computer?: Computer; onAddress?: (form: HTMLFormElement) => void };

function ComputerFields({ computer, onAddress }: ComputerFieldsProps) {
  const credential = computer?.sharedCredential;
  const address = {
    autoComplete: 'off',
    autoCapitalize: 'none',
    spellCheck: false,
    onChange: (event: { currentTarget: HTMLInputElement }) =>
      event.currentTarget.form && onAddress?.(event.currentTarget.form),
  };
  return (
    <>
      <TextField label="Name" name="name" defaultValue={computer?.name} autoComplete="off" required />
      <TextField
        label="Description"
        name="description"
        defaultValue={computer?.description}
        autoComplete="off"
        optional
      />
      <div className="grid grid-cols-[minmax(0,1fr)_5.5rem] gap-3">
        <TextField label="Host name or address" name="server" defaultValue={computer?.server} required {...address} />
        <TextField
          label="Port"
          name="port"
          inputMode="numeric"
          defaultValue={computer?.port ?? 22}
          required
          {...address}
        />
      </div>
      <div className="grid gap-4 sm:grid-cols-2 sm:gap-3">
        <TextField
          label="Second server"
          name="server2"
          defaultValue={computer?.server2 ?? ''}
          hint="Dialled at the same port when the first cannot be reached."
          optional
          {...address}
        />
        <TextField label="Third server" name="server3" defaultValue={computer?.server3 ?? ''} optional {...address} />
      </div>
      <Combobox
        label="Credential"
        name="sharedCredentialId"
        load={findCredentialChoices}
        chosen={
          credential ? { value: credential.credentialId, label: credential.name, hint: credential.username } : null
        }
        placeholder="None yet"
        emptyHint="There is no shared credential yet. Add one under Credentials first."
        hint="Sallyport signs in with it. People never see it."
      />
      <TextArea
        label="Notes"
        name="notes"
        defaultValue={computer?.notes}
        rows={3}
        hint="For whoever works there, beside the session. Nothing secret."
        optional
      />
    </>
  );
}

function computerOf(data: FormData) {
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    name: text('name'),
    description: text('description'),
    mode: 'SSH' as const,
    server: text('server'),
    server2: text('server2'),
    server3: text('server3'),
    port: text('port'),
    notes: text('notes'),
    sharedCredentialId: text('sharedCredentialId'),
  };
}

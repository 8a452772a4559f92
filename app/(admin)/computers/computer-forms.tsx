'use client';

import { useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { TextField } from '#app/components/ui/text-field.tsx';
import { tell } from '#app/components/ui/toast.tsx';
import { useAction } from '#app/components/use-action.ts';
import { changeComputer, createComputer } from './actions.ts';
import type { Computer, CredentialChoice } from './computers-list.tsx';

type FormProps = { credentials: readonly CredentialChoice[]; onDone: () => void };

export function AddComputerForm({ credentials, onDone }: FormProps) {
  const { run, ...state } = useAction(createComputer, { done: 'The computer was added.', onDone });
  return (
    <Form {...state} submitLabel="Add computer" onCancel={onDone} onSubmit={(data) => run(computerOf(data))}>
      <ComputerFields credentials={credentials} />
    </Form>
  );
}

export function ChangeComputerForm({ computer, credentials, onDone }: FormProps & { computer: Computer }) {
  const [isMoved, setMoved] = useState(false);
  const { run, ...state } = useAction(changeComputer, {
    onDone: ({ credentialDetached }) => {
      if (credentialDetached) {
        tell.problem(
          'The computer moved, so its credential was taken off.',
          'Edit it again to choose one for the new address.',
        );
      } else tell.done('The change was saved.');
      onDone();
    },
  });
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ ...computerOf(data), computerId: computer.computerId })}
    >
      <ComputerFields
        computer={computer}
        credentials={credentials}
        onAddress={(server, port) => setMoved(server !== computer.server || port !== String(computer.port))}
      />
      {isMoved && computer.sharedCredential && (
        <Banner tone="warn">
          With another address the credential is taken off, so that it is never sent to the wrong host. Choose it again
          after saving.
        </Banner>
      )}
    </Form>
  );
}

type ComputerFieldsProps = {
  computer?: Computer;
  credentials: readonly CredentialChoice[];
  onAddress?: (server: string, port: string) => void;
};

function ComputerFields({ computer, credentials, onAddress }: ComputerFieldsProps) {
  const [server, setServer] = useState(computer?.server ?? '');
  const [port, setPort] = useState(String(computer?.port ?? 22));
  const change = (nextServer: string, nextPort: string) => {
    setServer(nextServer);
    setPort(nextPort);
    onAddress?.(nextServer.trim().toLowerCase(), nextPort);
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
        <TextField
          label="Host name or address"
          name="server"
          value={server}
          onChange={(event) => change(event.target.value, port)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <TextField
          label="Port"
          name="port"
          inputMode="numeric"
          value={port}
          onChange={(event) => change(server, event.target.value)}
          autoComplete="off"
          required
        />
      </div>
      <Select
        label="Credential"
        name="sharedCredentialId"
        placeholder="None yet"
        defaultValue={computer?.sharedCredential?.credentialId ?? ''}
        choices={credentials.map(({ credentialId, name, username }) => ({
          value: credentialId,
          label: `${name} (${username})`,
        }))}
        hint="Sallyport signs in with it. People never see it."
      />
    </>
  );
}

function computerOf(data: FormData) {
  return {
    name: String(data.get('name')),
    description: String(data.get('description')),
    mode: 'SSH' as const,
    server: String(data.get('server')),
    port: String(data.get('port')),
    sharedCredentialId: String(data.get('sharedCredentialId')),
  };
}

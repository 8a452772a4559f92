'use client';

import { useState } from 'react';
import { Form } from '#app/components/ui/form.tsx';
import { Select } from '#app/components/ui/select.tsx';
import { PasswordField, TextArea, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import type { ActionResult } from './action-result.ts';

type Kind = 'password' | 'ssh_key';
type Names = { name: string; username: string };
type Key = { privateKey: string; passphrase: string };
type NewCredential = ({ type: 'password'; password: string } & Names) | ({ type: 'ssh_key' } & Names & Key);
type ChangedCredential = { credentialId: string } & Names & Partial<Key & { password: string }>;
type Act<Input> = (input: Input) => Promise<ActionResult<unknown>>;

const kinds = [
  { value: 'password', label: 'Password' },
  { value: 'ssh_key', label: 'SSH private key' },
];

type AddCredentialFormProps = { create: Act<NewCredential>; onDone: () => void };

export function AddCredentialForm({ create, onDone }: AddCredentialFormProps) {
  const [kind, setKind] = useState<Kind>('password');
  const { run, ...state } = useAction(create, { done: 'The credential was sealed and stored.', onDone });

  const save = (data: FormData) => {
    const names = namesOf(data);
    if (kind === 'password') run({ type: kind, ...names, password: textOf(data, 'password') });
    else run({ type: kind, ...names, ...keyOf(data) });
  };

  return (
    <Form {...state} submitLabel="Add credential" onCancel={onDone} onSubmit={save}>
      <Select
        label="Kind"
        name="type"
        value={kind}
        choices={kinds}
        onChange={(event) => setKind(event.target.value === 'ssh_key' ? 'ssh_key' : 'password')}
      />
      <NameFields />
      <SecretFields kind={kind} required />
    </Form>
  );
}

type ChangeCredentialFormProps = {
  credential: Names & { credentialId: string; type: Kind };
  change: Act<ChangedCredential>;
  onDone: () => void;
};

export function ChangeCredentialForm({ credential, change, onDone }: ChangeCredentialFormProps) {
  const { run, ...state } = useAction(change, { done: 'The credential was saved.', onDone });
  const save = (data: FormData) => {
    const secret = credential.type === 'password' ? { password: textOf(data, 'password') } : keyOf(data);
    run({ credentialId: credential.credentialId, ...namesOf(data), ...secret });
  };
  return (
    <Form {...state} submitLabel="Save" onCancel={onDone} onSubmit={save}>
      <NameFields {...credential} />
      <SecretFields kind={credential.type} />
    </Form>
  );
}

function NameFields({ name, username }: { name?: string; username?: string }) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        defaultValue={name}
        autoComplete="off"
        hint="How you find it again, such as “web servers, deploy”."
        required
      />
      <TextField
        label="User name"
        name="username"
        defaultValue={username}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        hint="The account at the computer."
        required
      />
    </>
  );
}

/** For a new credential the secret is needed; for an old one, empty keeps what is sealed. */
function SecretFields({ kind, required = false }: { kind: Kind; required?: boolean }) {
  const keeps = required ? undefined : 'Leave empty to keep the one that is stored.';
  if (kind === 'password') {
    return (
      <PasswordField
        label={required ? 'Password' : 'New password'}
        name="password"
        autoComplete="new-password"
        hint={keeps}
        required={required}
        optional={!required}
      />
    );
  }
  return (
    <>
      <TextArea
        label={required ? 'Private key' : 'New private key'}
        name="privateKey"
        mono
        rows={6}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
        hint={keeps ?? 'Ed25519, ECDSA or RSA, in OpenSSH or PEM form.'}
        required={required}
        optional={!required}
      />
      <PasswordField
        label="Passphrase"
        name="passphrase"
        autoComplete="off"
        hint="Only if the key is encrypted. It is used once to open the key, and not kept."
        optional
      />
    </>
  );
}

function namesOf(data: FormData) {
  return { name: textOf(data, 'name'), username: textOf(data, 'username') };
}

function keyOf(data: FormData) {
  return { privateKey: textOf(data, 'privateKey'), passphrase: textOf(data, 'passphrase') };
}

function textOf(data: FormData, name: string): string {
  return String(data.get(name) ?? '');
}

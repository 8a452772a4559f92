'use client';

import { useHouseRules } from '#app/components/house-rules.tsx';
import { Checkbox, CheckboxGroup } from '#app/components/ui/checkbox.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { type Role, roles } from '#server/protocol/session-words.ts';
import { changePerson, createPerson, setPassword } from './actions.ts';
import type { Person } from './people-list.tsx';
import { roleLabels } from './role-labels.ts';

type Done = { onDone: () => void };

export function AddPersonForm({ onDone }: Done) {
  const { run, ...state } = useAction(createPerson, { done: 'The person was added.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Add person"
      onCancel={onDone}
      onSubmit={(data) => run({ ...personOf(data), password: String(data.get('password')) })}
    >
      <PersonFields roles={['user']} />
      <NewPassword label="Password" />
    </Form>
  );
}

export function ChangePersonForm({ person, onDone }: Done & { person: Person }) {
  const { run, ...state } = useAction(changePerson, { done: 'The change was saved.', onDone });
  return (
    <Form
      {...state}
      submitLabel="Save"
      onCancel={onDone}
      onSubmit={(data) => run({ ...personOf(data), personId: person.id })}
    >
      <PersonFields {...person} />
    </Form>
  );
}

export function SetPasswordForm({ person, onDone }: Done & { person: Person }) {
  const { run, ...state } = useAction(setPassword, { done: `${person.name} has a new password.`, onDone });
  return (
    <Form
      {...state}
      submitLabel="Set password"
      onCancel={onDone}
      onSubmit={(data) => run({ personId: person.id, password: String(data.get('password')) })}
    >
      <NewPassword label="New password" />
    </Form>
  );
}

function PersonFields({ name, email, roles: given }: { name?: string; email?: string; roles: readonly Role[] }) {
  return (
    <>
      <TextField label="Name" name="name" defaultValue={name} autoComplete="off" required />
      <TextField label="Email" name="email" type="email" defaultValue={email} autoComplete="off" required />
      <CheckboxGroup label="Roles">
        {roles.map((role) => (
          <Checkbox key={role} name="roles" value={role} defaultChecked={given.includes(role)} {...roleLabels[role]} />
        ))}
      </CheckboxGroup>
    </>
  );
}

function NewPassword({ label }: { label: string }) {
  const { minPasswordLength } = useHouseRules();
  return (
    <PasswordField
      label={label}
      name="password"
      autoComplete="new-password"
      hint={`At least ${minPasswordLength} characters.`}
      required
    />
  );
}

function personOf(data: FormData) {
  return {
    name: String(data.get('name')),
    email: String(data.get('email')),
    roles: roles.filter((role) => data.getAll('roles').includes(role)),
  };
}

'use client';

import { useState } from 'react';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { changeMasterPassword, setMasterPassword } from '#app/master-password/actions.ts';
import { NewMasterPassword } from '#app/master-password/new-master-password.tsx';

type MasterPasswordSectionProps = { hasOne: boolean; isReset: boolean; email: string };

/** Set it, change it, or read why neither is possible. */
export function MasterPasswordSection({ hasOne, isReset, email }: MasterPasswordSectionProps) {
  const lead = 'mb-3 text-muted';
  if (hasOne) {
    return (
      <>
        <p className={lead}>Your credentials stay when you change it. Your other browsers are locked.</p>
        <ChangeMasterPassword email={email} />
      </>
    );
  }
  if (isReset) return <p className={lead}>It was reset. Choose a new one with the link at the top of this page.</p>;
  return (
    <>
      <p className={lead}>
        It seals the credentials that are yours, and you are asked for it before you connect. Nobody can look it up.
      </p>
      <SetMasterPassword email={email} />
    </>
  );
}

function SetMasterPassword({ email }: { email: string }) {
  const { run, ...state } = useAction(setMasterPassword, { done: 'Your master password is set.' });
  return (
    <Form
      {...state}
      submitLabel="Set master password"
      onSubmit={(data) => run({ password: String(data.get('password')) })}
    >
      <input type="hidden" name="username" value={email} autoComplete="username" />
      <NewMasterPassword />
    </Form>
  );
}

function ChangeMasterPassword({ email }: { email: string }) {
  const [round, setRound] = useState(0);
  const { run, ...state } = useAction(changeMasterPassword, {
    done: 'Your master password was changed.',
    onDone: () => setRound(round + 1), // a new form: nothing that was typed stays on the page
  });
  return (
    <Form
      key={round}
      {...state}
      submitLabel="Change master password"
      onSubmit={(data) => run({ current: String(data.get('current')), next: String(data.get('next')) })}
    >
      <input type="hidden" name="username" value={email} autoComplete="username" />
      <PasswordField label="Present master password" name="current" autoComplete="off" required />
      <NewMasterPassword label="New master password" name="next" />
    </Form>
  );
}

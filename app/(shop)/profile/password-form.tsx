'use client';

import { useState } from 'react';
import { useHouseRules } from '#app/components/house-rules.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { changePassword } from './actions.ts';

export function PasswordForm({ email }: { email: string }) {
  const { minPasswordLength } = useHouseRules();
  const [round, setRound] = useState(0);
  const { run, ...state } = useAction(changePassword, {
    done: 'Your password was changed.',
    onDone: () => setRound(round + 1), // a new form: nothing that was typed stays on the page
  });
  return (
    <Form
      key={round}
      {...state}
      submitLabel="Change password"
      onSubmit={(data) => run({ current: String(data.get('current')), next: String(data.get('next')) })}
    >
      <input type="hidden" name="username" value={email} autoComplete="username" />
      <PasswordField label="Present password" name="current" autoComplete="current-password" required />
      <PasswordField
        label="New password"
        name="next"
        autoComplete="new-password"
        hint={`At least ${minPasswordLength} characters. Your other browsers are signed out.`}
        required
      />
    </Form>
  );
}

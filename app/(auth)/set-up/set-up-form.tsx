'use client';

import { useRef } from 'react';
import { useHouseRules } from '#app/components/house-rules.tsx';
import { signInWithPassword } from '#app/components/sign-in-with-password.ts';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField, TextField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import { useTokenFromAddress } from '#app/components/use-token-from-address.ts';
import { setUp } from './actions.ts';

export function SetUpForm() {
  const { minPasswordLength } = useHouseRules();
  const token = useTokenFromAddress();
  const account = useRef({ email: '', password: '' });
  const { run, pending, errors, problem } = useAction(setUp, {
    async onDone() {
      await signInWithPassword(account.current.email, account.current.password);
      window.location.assign('/');
    },
  });

  return (
    <Form
      errors={errors}
      problem={errors?.token ?? problem}
      pending={pending}
      submitLabel="Create administrator"
      onSubmit={(data) => {
        account.current = { email: String(data.get('email')), password: String(data.get('password')) };
        run({ token: token.current, name: String(data.get('name')), ...account.current });
      }}
    >
      <TextField label="Your name" name="name" autoComplete="name" required />
      <TextField label="Email" name="email" type="email" autoComplete="username" autoCapitalize="none" required />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        hint={`At least ${minPasswordLength} characters. A sentence is easier to keep than a riddle.`}
        required
      />
    </Form>
  );
}

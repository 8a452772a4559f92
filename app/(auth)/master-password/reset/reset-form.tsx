'use client';

import { Form } from '#app/components/ui/form.tsx';
import { useAction } from '#app/components/use-action.ts';
import { useTokenFromAddress } from '#app/components/use-token-from-address.ts';
import { setMasterPasswordByLink } from '#app/master-password/actions.ts';
import { NewMasterPassword } from '#app/master-password/new-master-password.tsx';

export function ResetForm({ email }: { email: string }) {
  const token = useTokenFromAddress();
  const { run, errors, problem, pending } = useAction(setMasterPasswordByLink, {
    onDone: () => window.location.assign('/profile'),
  });
  return (
    <Form
      errors={errors}
      problem={errors?.token ?? problem}
      pending={pending}
      submitLabel="Set master password"
      onSubmit={(data) => run({ token: token.current, password: String(data.get('password')) })}
    >
      <input type="hidden" name="username" value={email} autoComplete="username" />
      <NewMasterPassword label="New master password" />
    </Form>
  );
}

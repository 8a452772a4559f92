'use client';

import { buttonClass } from '#app/components/ui/button.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { useAction } from '#app/components/use-action.ts';
import { setMasterPassword } from '#app/master-password/actions.ts';
import { NewMasterPassword } from '#app/master-password/new-master-password.tsx';

export function FirstMasterPassword({ destination, email }: { destination: string; email: string }) {
  const { run, ...state } = useAction(setMasterPassword, { onDone: () => window.location.assign(destination) });
  return (
    <>
      <Form
        {...state}
        submitLabel="Set master password"
        onSubmit={(data) => run({ password: String(data.get('password')) })}
      >
        <input type="hidden" name="username" value={email} autoComplete="username" />
        <NewMasterPassword />
      </Form>
      <div className="mt-4 border-t border-line pt-4 text-center">
        <a href={destination} className={buttonClass('quiet', 'small')}>
          Not now
        </a>
        <p className="mt-1 text-xs text-faint">You can set it later in your profile.</p>
      </div>
    </>
  );
}

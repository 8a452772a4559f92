'use client';

import { type FormEvent, useState } from 'react';
import { pageAfterSignIn } from '#app/after-sign-in.ts';
import { signInWithPassword } from '#app/components/sign-in-with-password.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { PasswordField, TextField } from '#app/components/ui/text-field.tsx';
import { useAlive } from '#app/components/ui/use-alive.ts';

export function SignInForm({ destination }: { destination: string }) {
  const alive = useAlive();
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<string>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (pending) return;
    const data = new FormData(event.currentTarget);
    setPending(true);
    setProblem(undefined);
    const refused = await signInWithPassword(String(data.get('email')), String(data.get('password')));
    // A whole new page: nothing that was rendered for nobody is kept for somebody.
    if (!refused) return window.location.assign(pageAfterSignIn(destination, window.location.hash));
    setProblem(refused);
    setPending(false);
  };

  return (
    // `post`, so that a click before the page is alive never puts a password into an address.
    <form method="post" onSubmit={submit} className="grid gap-4">
      {problem && <Banner tone="danger">{problem}</Banner>}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
      />
      <PasswordField label="Password" name="password" autoComplete="current-password" required />
      <Button type="submit" look="primary" size="large" pending={pending} disabled={!alive}>
        Sign in
      </Button>
    </form>
  );
}

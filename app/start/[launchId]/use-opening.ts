'use client';

import { useState, useTransition } from 'react';
import { open } from '../actions.ts';

/** `again`: another try may help. `expired`: only the shop can. `failed`: nobody here can. */
export type Refused = { kind: 'again' | 'expired' | 'failed'; message: string };

const kinds: Readonly<Record<string, Refused['kind']>> = {
  invalid_master_password: 'again',
  invalid_input: 'again',
  locked: 'again',
  too_many_attempts: 'again',
  unavailable: 'again',
  conflict: 'again',
  access_expired: 'expired',
  not_signed_in: 'expired',
  signed_out: 'expired',
};

/** Opens a launch with a master password, or with the unlock of this browser session, and goes to its session. */
export function useOpening(launchId: string) {
  const [pending, startTransition] = useTransition();
  const [refused, setRefused] = useState<Refused>();

  const run = (password: string | undefined) =>
    startTransition(async () => {
      const result = await open({ launchId, password }).catch(() => undefined);
      if (result?.ok) return window.location.replace(`/session/${result.value.sessionId}`);
      const message = result?.fields?.password ?? result?.message ?? 'Sallyport did not answer. Please try again.';
      setRefused({ kind: result ? (kinds[result.code] ?? 'failed') : 'again', message });
    });

  return { run, pending, refused };
}

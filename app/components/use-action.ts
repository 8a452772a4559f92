'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useState, useTransition } from 'react';
import type { ActionRefusal, ActionResult } from './action-result.ts';
import { tell } from './ui/toast.tsx';

type Options<T> = {
  /** Told in a toast once it is done. */
  done?: string;
  onDone?: (value: T) => void;
};

const unreachable: ActionRefusal = {
  ok: false,
  code: 'unavailable',
  message: 'Sallyport did not answer. Check your connection and try again.',
};

/**
 * Runs a server action for a form or a button: pending, the refusal to show, and after success fresh data on the page.
 * Whoever is no longer signed in is taken to the sign-in page and back.
 */
export function useAction<Input, T>(action: (input: Input) => Promise<ActionResult<T>>, options: Options<T> = {}) {
  const router = useRouter();
  const path = usePathname();
  const [pending, startTransition] = useTransition();
  const [refusal, setRefusal] = useState<ActionRefusal>();

  const run = (input: Input) =>
    startTransition(async () => {
      setRefusal(undefined);
      const result = await action(input).catch(() => unreachable);
      if (result.ok) {
        if (options.done) tell.done(options.done);
        options.onDone?.(result.value);
        router.refresh();
      } else if (result.code === 'not_signed_in' || result.code === 'signed_out') {
        router.push(`/sign-in?next=${encodeURIComponent(path)}`);
      } else {
        // Together with the end of pending: what is corrected in between would be marked as wrong again.
        startTransition(() => setRefusal(result));
      }
    });

  const hasFields = refusal?.fields !== undefined && Object.keys(refusal.fields).length > 0;
  return {
    run,
    pending,
    code: refusal?.code,
    /** For the form as a whole; empty while each problem stands beside its field. */
    problem: hasFields ? undefined : refusal?.message,
    errors: refusal?.fields,
    reset: () => setRefusal(undefined),
  };
}

'use client';

import type { ReactNode } from 'react';
import { ConfirmAct } from '#app/components/confirm-act.tsx';
import { forgetHostKey } from './actions.ts';
import { addressOf } from './address.ts';

type Address = { server: string; port: number };

type ForgetHostKeyProps = {
  /** Of `useDialog`. */
  dialog: { isOpen: boolean; subject?: Address; close: () => void };
  /** What is to be thought of before. */
  children: ReactNode;
};

/** Asks before the host key of an address is forgotten. */
export function ForgetHostKey({ dialog: { isOpen, subject, close }, children }: ForgetHostKeyProps) {
  if (!subject) return null;
  const { server, port } = subject;
  return (
    <ConfirmAct
      open={isOpen}
      onClose={close}
      title={`Forget the host key of ${addressOf({ server, port })}?`}
      confirmLabel="Forget host key"
      action={forgetHostKey}
      input={{ server, port }}
      done="The host key was forgotten."
    >
      {children}
    </ConfirmAct>
  );
}

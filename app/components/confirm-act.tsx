'use client';

import type { ReactNode } from 'react';
import type { ActionResult } from './action-result.ts';
import { ConfirmDialog } from './ui/confirm-dialog.tsx';
import { useAction } from './use-action.ts';

type ConfirmActProps<Input, T> = {
  open: boolean;
  onClose: () => void;
  title: string;
  confirmLabel: string;
  action: (input: Input) => Promise<ActionResult<T>>;
  input: Input;
  done: string;
  danger?: boolean;
  children: ReactNode;
};

/** Asks, acts, tells. What will happen is said in `children`. */
export function ConfirmAct<Input, T>({ open, onClose, action, input, done, ...words }: ConfirmActProps<Input, T>) {
  const { run, pending, problem, reset } = useAction(action, { done, onDone: onClose });
  return (
    <ConfirmDialog
      {...words}
      open={open}
      onOpenChange={(isOpen) => {
        if (isOpen) return;
        reset();
        onClose();
      }}
      pending={pending}
      error={problem}
      onConfirm={() => run(input)}
    />
  );
}

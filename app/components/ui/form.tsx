'use client';

import { Form as Base } from '@base-ui/react/form';
import { type ReactNode, useEffect, useRef } from 'react';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';
import { useAlive } from './use-alive.ts';

export type FormProps = {
  /** What the form is refused for, by the name of the field. */
  errors?: Record<string, string>;
  /** What it is refused for as a whole. */
  problem?: string;
  pending?: boolean;
  onSubmit: (data: FormData) => void;
  submitLabel: string;
  danger?: boolean;
  onCancel?: () => void;
  children: ReactNode;
};

/** Fields, the problems beside them and above them, and one button that says what it does. What was typed stays. */
export function Form({ errors, problem, pending, onSubmit, submitLabel, onCancel, danger, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const alive = useAlive();

  useEffect(() => {
    if (errors && Object.keys(errors).length > 0) focusFirstProblem(form.current, errors);
  }, [errors]);

  return (
    <Base
      ref={form}
      // Never GET: a click before the page is alive must not put what was typed into an address.
      method="post"
      errors={errors}
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!pending) onSubmit(new FormData(event.currentTarget));
      }}
    >
      {problem && <Banner tone="danger">{problem}</Banner>}
      {children}
      <div className="flex justify-end gap-2 pt-1">
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
        <Button type="submit" look={danger ? 'danger' : 'primary'} pending={pending} disabled={!alive}>
          {submitLabel}
        </Button>
      </div>
    </Base>
  );
}

function focusFirstProblem(form: HTMLFormElement | null, errors: Record<string, string>) {
  for (const control of form?.elements ?? []) {
    if (!(control instanceof HTMLElement) || !('name' in control)) continue;
    if (typeof control.name === 'string' && control.name in errors) return control.focus();
  }
}

'use client';

import { Field } from '@base-ui/react/field';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type FieldProps = { label: string; name: string; hint?: ReactNode; optional?: boolean; className?: string };

/** Label, control, hint and error, tied together for screen readers. Errors come from the form, by `name`. */
export function LabelledField({
  label,
  name,
  hint,
  optional,
  className,
  children,
}: FieldProps & { children: ReactNode }) {
  return (
    <Field.Root
      name={name}
      className={classNames('grid min-w-0 grid-cols-[minmax(0,1fr)] content-start gap-1', className)}
    >
      <div className="flex items-baseline gap-1.5 text-sm">
        <Field.Label className="font-medium">{label}</Field.Label>
        {optional && <span className="text-faint">optional</span>}
      </div>
      {children}
      {hint && <Field.Description className="text-sm text-muted">{hint}</Field.Description>}
      <Field.Error className="text-sm text-danger" />
    </Field.Root>
  );
}

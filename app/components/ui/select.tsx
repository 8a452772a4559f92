'use client';

import { Field } from '@base-ui/react/field';
import type { ComponentProps } from 'react';
import { type FieldProps, LabelledField } from './field.tsx';

export type Choice = { value: string; label: string; disabled?: boolean };

type SelectProps = FieldProps & {
  choices: readonly Choice[];
  /** Shown first and standing for no choice. */
  placeholder?: string;
} & Omit<ComponentProps<'select'>, 'name' | 'className' | 'style' | 'children'>;

// The platform's own select: it types ahead, works under every screen reader and is a wheel on a phone.
export function Select({ label, name, hint, optional, className, choices, placeholder, ...select }: SelectProps) {
  return (
    <LabelledField {...{ label, name, hint, optional, className }}>
      <Field.Control
        className="control chevron"
        render={
          <select {...select}>
            {placeholder !== undefined && <option value="">{placeholder}</option>}
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value} disabled={choice.disabled}>
                {choice.label}
              </option>
            ))}
          </select>
        }
      />
    </LabelledField>
  );
}

'use client';

import { Field } from '@base-ui/react/field';
import type { ComponentProps } from 'react';
import { type FieldProps, LabelledField } from './field.tsx';

/** `group` is the heading that a choice stands under; choices of one group follow each other. */
export type Choice = { value: string; label: string; group?: string };

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
            {grouped(choices).map(({ group, members }) =>
              group === undefined ? (
                members.map(option)
              ) : (
                <optgroup key={group} label={group}>
                  {members.map(option)}
                </optgroup>
              ),
            )}
          </select>
        }
      />
    </LabelledField>
  );
}

function option({ value, label }: Choice) {
  return (
    <option key={value} value={value}>
      {label}
    </option>
  );
}

function grouped(choices: readonly Choice[]): { group?: string; members: Choice[] }[] {
  const groups: { group?: string; members: Choice[] }[] = [];
  for (const choice of choices) {
    const last = groups.at(-1);
    if (last && last.group === choice.group) last.members.push(choice);
    else groups.push({ group: choice.group, members: [choice] });
  }
  return groups;
}

'use client';

import { Field } from '@base-ui/react/field';
import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { classNames } from './class-names.ts';
import { type FieldProps, LabelledField } from './field.tsx';

type Input = Omit<ComponentProps<'input'>, 'name' | 'className' | 'style'>;

export function TextField({ label, name, hint, optional, className, ...input }: FieldProps & Input) {
  return (
    <LabelledField {...{ label, name, hint, optional, className }}>
      <Field.Control {...input} className="control" />
    </LabelledField>
  );
}

/** A password, hidden until its owner asks to see it. */
export function PasswordField({ label, name, hint, optional, className, ...input }: FieldProps & Input) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <LabelledField {...{ label, name, hint, optional, className }}>
      <span className="relative">
        <Field.Control
          spellCheck={false}
          autoCapitalize="none"
          {...input}
          type={shown ? 'text' : 'password'}
          className="control pr-10"
        />
        <button
          type="button"
          aria-pressed={shown}
          aria-label="Show characters"
          onClick={() => setShown(!shown)}
          className="absolute inset-y-0 right-0 grid w-9 place-items-center rounded-md text-faint hover:text-ink"
        >
          <Icon aria-hidden className="size-4" />
        </button>
      </span>
    </LabelledField>
  );
}

type Area = Omit<ComponentProps<'textarea'>, 'name' | 'className' | 'style'> & { mono?: boolean };

export function TextArea({ label, name, hint, optional, className, mono, ...area }: FieldProps & Area) {
  return (
    <LabelledField {...{ label, name, hint, optional, className }}>
      <Field.Control
        render={<textarea rows={4} {...area} />}
        className={classNames('control', mono && 'font-mono text-sm')}
      />
    </LabelledField>
  );
}

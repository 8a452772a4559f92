import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

type RadioProps = { label: ReactNode; hint?: ReactNode } & Omit<
  ComponentProps<'input'>,
  'type' | 'className' | 'style'
>;

/** One answer of several. `hint` is read with it: also why it cannot be chosen. */
export function Radio({ label, hint, ...input }: RadioProps) {
  const hintId = useId();
  return (
    <label
      className={classNames(
        'flex gap-2.5 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft pointer-coarse:py-3',
        input.disabled ? 'text-muted' : 'cursor-pointer hover:bg-hover has-checked:hover:bg-accent-soft',
      )}
    >
      <span className="relative mt-0.75 grid size-4 shrink-0">
        <input
          {...input}
          type="radio"
          aria-describedby={hint ? hintId : undefined}
          className="peer size-4 appearance-none rounded-full border border-field-line bg-surface shadow-soft transition-colors checked:border-accent-fill checked:bg-accent-fill disabled:opacity-50"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute inset-1.25 rounded-full bg-on-accent opacity-0 peer-checked:opacity-100"
        />
      </span>
      <span className="min-w-0">
        <span className="wrap-anywhere">{label}</span>
        {hint && (
          <span id={hintId} className="block text-sm text-muted wrap-anywhere">
            {hint}
          </span>
        )}
      </span>
    </label>
  );
}

/** Radios of one question. Arrow keys move among those that have the same name. */
export function RadioGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className="grid min-w-0 gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      {children}
    </fieldset>
  );
}

import type { ReactNode } from 'react';

type FilterFieldProps = { label: string; hint?: string; className?: string; children: ReactNode };

/** A control of a form that filters, with its label. */
export function FilterField({ label, hint, className = '', children }: FilterFieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className={`grid min-w-0 grid-cols-[minmax(0,1fr)] content-start gap-1 text-sm ${className}`}>
      <span className="font-medium">
        {label}
        {hint && <span className="ml-1.5 font-normal text-faint">{hint}</span>}
      </span>
      {children}
    </label>
  );
}

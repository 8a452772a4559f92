import type { LucideIcon } from 'lucide-react';
import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Spinner } from './spinner.tsx';

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger';
export type ButtonSize = 'small' | 'medium' | 'large';

const looks: Record<ButtonLook, string> = {
  primary: 'border-transparent bg-accent-fill text-on-accent shadow-soft hover:bg-accent-fill-hover',
  secondary: 'border-line-strong bg-surface text-ink shadow-soft hover:bg-hover',
  quiet: 'border-transparent text-muted hover:bg-hover hover:text-ink',
  danger: 'border-transparent bg-danger-fill text-on-danger shadow-soft hover:bg-danger-fill-hover',
};

const sizes: Record<ButtonSize, string> = {
  small: 'min-h-7 px-2.5 text-sm pointer-coarse:min-h-10',
  medium: 'min-h-8.5 px-3.5 text-base pointer-coarse:min-h-11',
  large: 'min-h-10 px-4 text-base pointer-coarse:min-h-12',
};

/** The look of a button, for an element that must be something else (a link, a trigger of a menu). */
export function buttonClass(look: ButtonLook = 'secondary', size: ButtonSize = 'medium', className?: string): string {
  return classNames(
    'inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none',
    'transition-colors duration-100 disabled:opacity-55 aria-disabled:not-aria-busy:opacity-55 aria-busy:cursor-progress',
    looks[look],
    sizes[size],
    className,
  );
}

type Look = { look?: ButtonLook; size?: ButtonSize; icon?: LucideIcon; children: ReactNode };
type ButtonProps = Look & Omit<ComponentProps<'button'>, 'children'> & { pending?: boolean };

/** While `pending` it shows a spinner, keeps its place and focus, and ignores clicks. */
export function Button({ look, size, icon: Icon, pending, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={pending || undefined}
      aria-disabled={pending || rest['aria-disabled']}
      onClick={pending ? (event) => event.preventDefault() : onClick}
      className={buttonClass(look, size, className)}
    >
      {pending ? <Spinner /> : Icon && <Icon aria-hidden className="size-4 shrink-0" />}
      {children}
    </button>
  );
}

/** A link that looks like a button: it goes somewhere, so it can be opened in a tab. */
export function ButtonLink({
  look,
  size,
  icon: Icon,
  className,
  children,
  ...rest
}: Look & Omit<ComponentProps<typeof Link>, 'children'>) {
  return (
    <Link {...rest} className={buttonClass(look, size, className)}>
      {Icon && <Icon aria-hidden className="size-4 shrink-0" />}
      {children}
    </Link>
  );
}

/** Only an icon; `label` is its accessible name and its tooltip. */
export function IconButton({
  label,
  icon: Icon,
  className,
  ...rest
}: { label: string; icon: LucideIcon } & Omit<ComponentProps<'button'>, 'children'>) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={classNames(
        'inline-flex size-8 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink disabled:opacity-50 pointer-coarse:size-11',
        className,
      )}
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}

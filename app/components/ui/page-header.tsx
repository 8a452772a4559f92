import type { ReactNode } from 'react';

/** The title of a page, one sentence about it, and its main act at the right. */
export function PageHeader({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {children && <p className="mt-0.5 max-w-3xl text-muted">{children}</p>}
      </div>
      {action}
    </header>
  );
}

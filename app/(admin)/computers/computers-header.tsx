'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { Badge } from '#app/components/ui/badge.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { PageHeader } from '#app/components/ui/page-header.tsx';

/** The title of the pages about computers and the way between them; `waiting` counts what somebody has to confirm. */
export function ComputersHeader({ waiting, action }: { waiting: number; action?: ReactNode }) {
  const path = usePathname();
  const places = [
    { href: '/computers', label: 'Computers' },
    { href: '/computers/host-keys', label: 'Host keys' },
    { href: '/computers/waiting', label: 'Waiting for confirmation', count: waiting },
    { href: '/computers/import', label: 'Import' },
  ];
  return (
    <>
      <PageHeader title="Computers" action={action}>
        Where people can work, with which credential Sallyport signs in there, and which host key each one must show.
      </PageHeader>
      <nav aria-label="Pages about computers" className="mb-4 overflow-x-auto border-b border-line">
        <ul className="flex gap-5">
          {places.map(({ href, label, count }) => (
            <li key={href}>
              <Link
                href={href}
                aria-current={path === href ? 'page' : undefined}
                className={classNames(
                  '-mb-px inline-flex items-center gap-1.5 border-b-2 px-0.5 pb-2 font-medium whitespace-nowrap',
                  path === href ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
                )}
              >
                {label}
                {count ? <Badge tone="warn">{count}</Badge> : null}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}

'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { classNames } from '#app/components/ui/class-names.ts';
import { PageHeader } from '#app/components/ui/page-header.tsx';

const places = [
  { href: '/credentials', label: 'For computers' },
  { href: '/credentials/aws', label: 'AWS records' },
];

/** The title of the pages about credentials, and the way between them. */
export function CredentialsHeader({ action, children }: { action?: ReactNode; children: ReactNode }) {
  const path = usePathname();
  return (
    <>
      <PageHeader title="Credentials" action={action}>
        {children}
      </PageHeader>
      <nav aria-label="Pages about credentials" className="mb-4 overflow-x-auto border-b border-line">
        <ul className="flex gap-5">
          {places.map(({ href, label }) => (
            <li key={href}>
              <Link
                href={href}
                aria-current={path === href ? 'page' : undefined}
                className={classNames(
                  '-mb-px inline-flex items-center border-b-2 px-0.5 pb-2 font-medium whitespace-nowrap',
                  path === href ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
                )}
              >
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}

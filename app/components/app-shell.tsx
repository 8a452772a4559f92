import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Role } from '#server/protocol/session-words.ts';
import { Logo } from './logo.tsx';
import { NarrowBar } from './narrow-bar.tsx';
import { Navigation } from './navigation.tsx';
import { PersonMenu } from './person-menu.tsx';
import type { Theme } from './theme.ts';
import { ThemeChoice } from './theme-choice.tsx';

export type ShellPerson = { name: string; email: string; roles: readonly Role[] };

type AppShellProps = { person: ShellPerson; theme: Theme; vault: ReactNode; children: ReactNode };

/** The frame of every page for someone who is signed in: places at the left, the page at the right. */
export function AppShell({ person, theme, vault, children }: AppShellProps) {
  const footer = (
    <>
      <div className="flex items-center justify-between px-1.5 text-xs text-faint">
        Theme
        <ThemeChoice theme={theme} />
      </div>
      <PersonMenu name={person.name} email={person.email} />
    </>
  );
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#page"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent-fill px-3 py-1.5 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <NarrowBar roles={person.roles} footer={footer} vault={vault} />
      <aside className="sticky top-0 hidden h-dvh flex-col gap-6 overflow-y-auto border-r border-line bg-surface p-3 lg:flex">
        <Link
          href="/"
          className="flex items-center gap-2.5 rounded-md px-2.5 pt-2 text-lg font-semibold tracking-tight"
        >
          <Logo className="size-5.5" />
          Sallyport
        </Link>
        {vault}
        <Navigation roles={person.roles} />
        <div className="mt-auto grid gap-2 border-t border-line pt-3">{footer}</div>
      </aside>
      <main id="page" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-8 sm:py-9">
        {children}
      </main>
    </div>
  );
}

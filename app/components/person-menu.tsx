'use client';

import { ChevronsUpDown, LogOut, UserRound } from 'lucide-react';
import { signOut } from 'next-auth/react';
import { useState } from 'react';
import { Menu, MenuItem, MenuLink, MenuSeparator } from './ui/menu.tsx';
import { Spinner } from './ui/spinner.tsx';
import { tell } from './ui/toast.tsx';

/** Who is signed in, and what they may do about it. */
export function PersonMenu({ name, email }: { name: string; email: string }) {
  const [leaving, setLeaving] = useState(false);

  const leave = () => {
    setLeaving(true);
    signOut({ callbackUrl: '/sign-in' }).catch(() => {
      setLeaving(false);
      tell.problem('You are still signed in.', 'Sallyport did not answer. Please try again.');
    });
  };

  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Account of ${name}`}
          className="flex w-full min-w-0 items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-hover"
        >
          <span
            aria-hidden
            className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
          >
            {initialsOf(name)}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium">{name}</span>
            <span className="block truncate text-xs text-faint">{email}</span>
          </span>
          {leaving ? <Spinner /> : <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-faint" />}
        </button>
      }
    >
      <MenuLink icon={UserRound} href="/profile">
        Profile
      </MenuLink>
      <MenuSeparator />
      <MenuItem icon={LogOut} onClick={leave}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toUpperCase();
}

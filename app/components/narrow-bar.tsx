'use client';

import { Dialog } from '@base-ui/react/dialog';
import { Menu as MenuIcon, X } from 'lucide-react';
import Link from 'next/link';
import { type ReactNode, useState } from 'react';
import type { Role } from '#server/protocol/session-words.ts';
import { Logo } from './logo.tsx';
import { Navigation } from './navigation.tsx';

type NarrowBarProps = { roles: readonly Role[]; footer: ReactNode; vault: ReactNode };

/** What a phone shows instead of the sidebar: a bar, and the same places behind one button. */
export function NarrowBar({ roles, footer, vault }: NarrowBarProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className="sticky top-0 z-10 flex items-center gap-2 border-b border-line bg-surface px-3 py-2 lg:hidden">
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Trigger aria-label="Open menu" className="grid size-10 place-items-center rounded-md hover:bg-hover">
          <MenuIcon aria-hidden className="size-5" />
        </Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
          <Dialog.Popup className="fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col gap-5 overflow-y-auto border-r border-line bg-surface p-3 shadow-float transition-transform duration-150 ease-calm outline-none data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
            <div className="flex items-center justify-between pl-2">
              <Dialog.Title className="font-semibold">Menu</Dialog.Title>
              <Dialog.Close
                aria-label="Close menu"
                className="grid size-10 place-items-center rounded-md hover:bg-hover"
              >
                <X aria-hidden className="size-5" />
              </Dialog.Close>
            </div>
            <Navigation roles={roles} onNavigate={() => setOpen(false)} />
            <div className="mt-auto grid gap-3 border-t border-line pt-3">{footer}</div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
      <Link href="/" className="flex items-center gap-2 rounded font-semibold tracking-tight">
        <Logo className="size-5" />
        Sallyport
      </Link>
      <div className="ml-auto">{vault}</div>
    </div>
  );
}

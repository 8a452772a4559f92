'use client';

import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';

const item =
  'flex w-full items-center gap-2 rounded px-2 py-1.5 outline-none select-none data-highlighted:bg-hover data-disabled:text-faint pointer-coarse:py-2.5';

/** A button that opens a list of acts. `trigger` is the element to press. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Base.Popup className="min-w-44 origin-(--transform-origin) rounded-lg border border-line bg-raised p-1 text-ink shadow-float transition-[opacity,scale] duration-100 ease-calm outline-none data-ending-style:opacity-0 data-starting-style:scale-97 data-starting-style:opacity-0">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

type MenuItemProps = {
  icon?: LucideIcon;
  onClick?: () => void;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
};

export function MenuItem({ icon: Icon, onClick, danger, disabled, children }: MenuItemProps) {
  return (
    <Base.Item onClick={onClick} disabled={disabled} className={classNames(item, danger && 'text-danger')}>
      {Icon && <Icon aria-hidden className={classNames('size-4', !danger && 'text-faint')} />}
      {children}
    </Base.Item>
  );
}

export function MenuLink({ icon: Icon, href, children }: { icon?: LucideIcon; href: string; children: ReactNode }) {
  return (
    <Base.LinkItem closeOnClick render={<Link href={href} />} className={item}>
      {Icon && <Icon aria-hidden className="size-4 text-faint" />}
      {children}
    </Base.LinkItem>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

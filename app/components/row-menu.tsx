'use client';

import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './ui/button.tsx';
import { Menu } from './ui/menu.tsx';

/** The acts on one row of a list. */
export function RowMenu({ of, children }: { of: string; children: ReactNode }) {
  return <Menu trigger={<IconButton label={`Actions for ${of}`} icon={Ellipsis} className="-my-1" />}>{children}</Menu>;
}

'use client';

import { SquareTerminal } from 'lucide-react';
import { Button } from '#app/components/ui/button.tsx';
import type { ShopComputer, ShopItemProps } from './shop-item.tsx';
import { useItemConnect } from './use-item-connect.tsx';

type RecentProps = Omit<ShopItemProps, 'computer'> & { computers: readonly ShopComputer[] };

/** What somebody worked on last and may go on with, each by one press. */
export function Recent({ computers, ...about }: RecentProps) {
  const open = computers.filter(({ connect, isAdvancedOffered }) => connect.allowed || isAdvancedOffered);
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="recent" className="mb-6">
      <h2 id="recent" className="mb-2 text-sm font-medium text-muted">
        Recent
      </h2>
      <ul className="flex flex-wrap gap-2">
        {open.map((computer) => (
          <RecentItem key={computer.guid} computer={computer} {...about} />
        ))}
      </ul>
    </section>
  );
}

function RecentItem(item: ShopItemProps) {
  const { name, connect } = item.computer;
  const connecting = useItemConnect(item);
  return (
    <li className="grid max-w-full justify-items-start gap-2">
      <Button
        size="small"
        icon={SquareTerminal}
        className="max-w-full"
        aria-label={`Connect again to ${name}`}
        pending={connecting.pending}
        onClick={connect.allowed ? connecting.connect : connecting.showAdvanced}
      >
        <span className="truncate">{name}</span>
      </Button>
      {connecting.afterwards}
    </li>
  );
}

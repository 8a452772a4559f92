'use client';

import { SquareTerminal } from 'lucide-react';
import { Button } from '#app/components/ui/button.tsx';
import { useDialog } from '#app/components/use-dialog.ts';
import { AdvancedDialog } from './advanced-dialog.tsx';
import { ConnectOutcome } from './connect-outcome.tsx';
import type { ShopComputer, ShopItemProps } from './shop-item.tsx';
import { useConnect } from './use-connect.ts';

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

function RecentItem({ computer: { guid, name, connect }, personId, helpContact }: ShopItemProps) {
  const connecting = useConnect(name);
  const advanced = useDialog<true>();
  const go = () => {
    if (!connect.allowed) return advanced.show(true);
    void connecting.start({ personId, computerGuid: guid, policyId: connect.policy.id });
  };
  return (
    <li className="grid max-w-full justify-items-start gap-2">
      <Button
        size="small"
        icon={SquareTerminal}
        className="max-w-full"
        aria-label={`Connect again to ${name}`}
        pending={connecting.pending}
        onClick={go}
      >
        <span className="truncate">{name}</span>
      </Button>
      <ConnectOutcome name={name} helpContact={helpContact} {...connecting} />
      {advanced.subject && (
        <AdvancedDialog
          isOpen={advanced.isOpen}
          onClose={advanced.close}
          computer={{ guid, name }}
          {...{ personId, helpContact }}
        />
      )}
    </li>
  );
}

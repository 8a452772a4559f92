'use client';

import { useDialog } from '#app/components/use-dialog.ts';
import { AdvancedDialog } from './advanced-dialog.tsx';
import { ConnectOutcome } from './connect-outcome.tsx';
import type { ShopItemProps } from './shop-item.tsx';
import { useConnect } from './use-connect.ts';

/** Connect and Advanced Mode of one computer. `afterwards` is shown below what is pressed. */
export function useItemConnect({ computer, personId, helpContact }: ShopItemProps) {
  const { guid, name, connect: right } = computer;
  const connecting = useConnect(name);
  const advanced = useDialog<true>();
  return {
    pending: connecting.pending,
    connect: () => {
      if (right.allowed) void connecting.start({ personId, computerGuid: guid, policyId: right.policy.id });
    },
    showAdvanced: () => advanced.show(true),
    afterwards: (
      <>
        <ConnectOutcome name={name} helpContact={helpContact} {...connecting} />
        {advanced.subject && (
          <AdvancedDialog
            isOpen={advanced.isOpen}
            onClose={advanced.close}
            computer={{ guid, name }}
            {...{ personId, helpContact }}
          />
        )}
      </>
    ),
  };
}

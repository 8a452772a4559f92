'use client';

import { Server } from 'lucide-react';
import { useState } from 'react';
import { Found, ListTools } from '#app/components/list-tools.tsx';
import { matchingRows } from '#app/components/matching-rows.ts';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { type ShopComputer, ShopItem } from './shop-item.tsx';

type ShopProps = { computers: readonly ShopComputer[]; personId: string; isAdministrator: boolean };

export function Shop({ computers, personId, isAdministrator }: ShopProps) {
  const [query, setQuery] = useState('');
  const shown = matchingRows(
    computers,
    query,
    (computer) => `${computer.name} ${computer.description} ${computer.mode}`,
  );

  if (computers.length === 0) return <EmptyShop isAdministrator={isAdministrator} />;
  return (
    <>
      <ListTools
        label="Search computers"
        query={query}
        onQuery={setQuery}
        shown={shown.length}
        all={computers.length}
      />
      <Found shown={shown.length} onClear={() => setQuery('')}>
        <ul
          aria-label="Computers"
          className="divide-y divide-line rounded-lg border border-line bg-surface shadow-soft"
        >
          {shown.map((computer) => (
            <ShopItem key={computer.guid} computer={computer} personId={personId} />
          ))}
        </ul>
      </Found>
    </>
  );
}

function EmptyShop({ isAdministrator }: { isAdministrator: boolean }) {
  if (!isAdministrator) {
    return (
      <EmptyState icon={Server} title="No computers yet">
        Nobody has granted you a computer. Ask an administrator which one you need, and why.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Server}
      title="No computers yet"
      action={
        <ButtonLink href="/computers" look="primary">
          Add a computer
        </ButtonLink>
      }
    >
      Store a credential, add a computer, then grant it to a person or a group. It appears here for them.
    </EmptyState>
  );
}

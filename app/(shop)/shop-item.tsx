'use client';

import { Lock, SquareTerminal } from 'lucide-react';
import { useId } from 'react';
import { Badge } from '#app/components/ui/badge.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import type { Mode } from '#server/protocol/session-words.ts';
import { Conditions, type ShopRight } from './conditions.tsx';
import { ConnectButtons } from './connect-buttons.tsx';
import { Help } from './connect-outcome.tsx';
import { FavoriteButton } from './favorite-button.tsx';
import { useItemConnect } from './use-item-connect.tsx';

type Right = { allowed: true } & ShopRight;
type Refused = { allowed: false; message: string };

export type ShopComputer = {
  guid: string;
  name: string;
  description: string;
  mode: Mode;
  isFavorite: boolean;
  connect: Right | Refused;
  isAdvancedOffered: boolean;
};

export type ShopItemProps = { computer: ShopComputer; personId: string; helpContact: string };

export function ShopItem(item: ShopItemProps) {
  const { computer, helpContact } = item;
  const { guid, name, description, mode, connect: right, isAdvancedOffered } = computer;
  const reasonId = useId();
  const connecting = useItemConnect(item);
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3.5 gap-y-3 p-4 sm:grid-cols-[auto_minmax(0,1fr)_auto] sm:items-center">
      <span
        aria-hidden
        className={classNames(
          'grid size-9 place-items-center rounded-lg',
          right.allowed ? 'bg-accent-soft text-accent' : 'bg-sunken text-faint',
        )}
      >
        <SquareTerminal className="size-4.5" />
      </span>
      <div className="min-w-0">
        <h2
          className={classNames(
            'flex flex-wrap items-center gap-x-2 font-medium wrap-anywhere',
            !right.allowed && 'text-muted',
          )}
        >
          {name}
          <Badge>{mode}</Badge>
        </h2>
        {description && <p className="text-sm text-muted wrap-anywhere">{description}</p>}
        {right.allowed ? (
          <Conditions {...right} />
        ) : (
          <p id={reasonId} className="mt-1.5 flex items-start gap-1.5 text-sm text-warn">
            <Lock aria-hidden className="mt-0.75 size-3.5 shrink-0" />
            <span>
              {right.message} {helpContact && !isAdvancedOffered && <Help contact={helpContact} />}
            </span>
          </p>
        )}
      </div>
      <div className="col-span-2 flex items-center gap-1.5 sm:col-span-1">
        <FavoriteButton computerGuid={guid} name={name} isFavorite={computer.isFavorite} />
        <ConnectButtons
          name={name}
          isAllowed={right.allowed}
          reasonId={reasonId}
          pending={connecting.pending}
          onConnect={connecting.connect}
          onAdvanced={isAdvancedOffered ? connecting.showAdvanced : undefined}
        />
      </div>
      {connecting.afterwards}
    </li>
  );
}

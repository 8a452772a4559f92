'use client';

import { ChevronDown, SlidersHorizontal } from 'lucide-react';
import { Button, buttonClass } from '#app/components/ui/button.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { Menu, MenuItem } from '#app/components/ui/menu.tsx';

type ConnectButtonsProps = {
  name: string;
  isAllowed: boolean;
  /** The text that says why not. */
  reasonId: string;
  pending: boolean;
  onConnect: () => void;
  /** Left out where there is nothing to choose. */
  onAdvanced?: () => void;
};

/** Connect, and beside it what else there is. Greyed out it can still be reached, so that its reason is read. */
export function ConnectButtons({ name, isAllowed, reasonId, pending, onConnect, onAdvanced }: ConnectButtonsProps) {
  const look = isAllowed ? 'primary' : 'secondary';
  return (
    <div className="flex min-w-0 grow sm:grow-0">
      <Button
        look={look}
        className={classNames('grow', onAdvanced && 'rounded-r-none')}
        aria-label={`Connect to ${name}`}
        aria-disabled={!isAllowed}
        aria-describedby={isAllowed ? undefined : reasonId}
        pending={pending}
        onClick={isAllowed ? onConnect : undefined}
      >
        Connect
      </Button>
      {onAdvanced && (
        <Menu
          trigger={
            <button
              type="button"
              aria-label={`More ways for ${name}`}
              className={buttonClass(
                look,
                'medium',
                classNames('rounded-l-none px-1.5', isAllowed ? 'ml-px' : '-ml-px'),
              )}
            >
              <ChevronDown aria-hidden className="size-4" />
            </button>
          }
        >
          <MenuItem icon={SlidersHorizontal} onClick={onAdvanced}>
            Advanced Mode…
          </MenuItem>
        </Menu>
      )}
    </div>
  );
}

'use client';

import { Star } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { classNames } from '#app/components/ui/class-names.ts';
import { useAction } from '#app/components/use-action.ts';
import { setFavoriteComputer } from './actions.ts';

type FavoriteButtonProps = { computerGuid: string; name: string; isFavorite: boolean };

/** A star that puts a computer first. Its row moves, and the focus goes with it. */
export function FavoriteButton({ computerGuid, name, isFavorite }: FavoriteButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const isPressed = useRef(false);
  const favoring = useAction(setFavoriteComputer);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the row moves when this changes, and loses the focus by it
  useEffect(() => {
    if (isPressed.current && document.activeElement === document.body) button.current?.focus();
    isPressed.current = false;
  }, [isFavorite]);

  const toggle = () => {
    isPressed.current = true;
    favoring.run({ computerGuid, isFavorite: !isFavorite });
  };
  return (
    <button
      ref={button}
      type="button"
      aria-pressed={isFavorite}
      aria-busy={favoring.pending || undefined}
      aria-label={`Favorite: ${name}`}
      title={favoring.problem ?? (isFavorite ? 'Remove from favorites' : 'Add to favorites')}
      onClick={favoring.pending ? undefined : toggle}
      className={classNames(
        'inline-flex size-8.5 shrink-0 items-center justify-center rounded-md transition-colors hover:bg-hover pointer-coarse:size-11',
        isFavorite ? 'text-accent' : 'text-faint hover:text-ink',
      )}
    >
      <Star aria-hidden className={classNames('size-4.5', isFavorite && 'fill-current')} />
    </button>
  );
}

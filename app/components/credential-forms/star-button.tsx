'use client';

import { Star } from 'lucide-react';
import { startTransition, useOptimistic } from 'react';
import { IconButton } from '#app/components/ui/button.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { tell } from '#app/components/ui/toast.tsx';
import { useAction } from '#app/components/use-action.ts';
import type { ActionResult } from '../action-result.ts';

type StarButtonProps = {
  credential: { credentialId: string; name: string; isFavorite: boolean };
  setFavorite: (input: { credentialId: string; isFavorite: boolean }) => Promise<ActionResult<unknown>>;
};

/** Marks what somebody wants to find first. */
export function StarButton({ credential: { credentialId, name, isFavorite }, setFavorite }: StarButtonProps) {
  const [isShown, show] = useOptimistic(isFavorite);
  const { run } = useAction(async (input: { credentialId: string; isFavorite: boolean }) => {
    const result = await setFavorite(input);
    if (!result.ok) tell.problem('The star was not saved.', result.message);
    return result;
  });
  return (
    <IconButton
      label={`Favourite: ${name}`}
      icon={Star}
      aria-pressed={isShown}
      className={classNames('-my-1.5', isShown && '[&_svg]:fill-current text-accent')}
      onClick={() =>
        startTransition(() => {
          show(!isShown);
          run({ credentialId, isFavorite: !isShown });
        })
      }
    />
  );
}

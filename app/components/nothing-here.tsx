import { Compass } from 'lucide-react';
import { ButtonLink } from './ui/button.tsx';

/** For what does not exist and for what may not be seen: the two read the same. */
export function NothingHere() {
  return (
    <div className="grid min-h-[70dvh] place-items-center p-6">
      <div className="max-w-md text-center">
        <Compass aria-hidden className="mx-auto mb-4 size-8 text-faint" />
        <h1 className="text-xl font-semibold">There is nothing here</h1>
        <p className="mt-1.5 text-muted">This does not exist, or you may not see it.</p>
        <div className="mt-6">
          <ButtonLink href="/" look="primary">
            Go to the shop
          </ButtonLink>
        </div>
      </div>
    </div>
  );
}

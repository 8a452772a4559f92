'use client';

import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import type { ConnectState } from './use-connect.ts';

type ConnectOutcomeProps = Pick<ConnectState, 'refused' | 'blocked'> & { name: string; helpContact: string };

/** Why Connect went nowhere, and what to do about it. Nothing while there is nothing to say. */
export function ConnectOutcome({ name, helpContact, refused, blocked }: ConnectOutcomeProps) {
  if (!refused && !blocked) return null;
  return (
    <div className="col-span-full">
      {refused && (
        <Banner tone="danger">
          {refused} {helpContact && <Help contact={helpContact} />}
        </Banner>
      )}
      {blocked && (
        <Banner tone="warn" title="Your browser blocked the new tab">
          <p>
            The session can be opened here for some minutes. Allow pop-ups for this page to skip this step next time.
          </p>
          <Button look="primary" size="small" className="mt-2" onClick={blocked}>
            Open the session on {name}
          </Button>
        </Banner>
      )}
    </div>
  );
}

/** Whom to ask, in the words of an administrator. */
export function Help({ contact }: { contact: string }) {
  return <span className="wrap-anywhere">Help: {contact}</span>;
}

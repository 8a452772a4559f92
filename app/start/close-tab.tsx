'use client';

import { useEffect } from 'react';
import { Button } from '#app/components/ui/button.tsx';

/** A tab may close itself only if a script opened it; where it may not, what is on it says all there is to say. */
export function closeTab(): void {
  window.close();
}

/** Closes the tab; where it may not be closed, goes to the shop instead. */
function closeOrLeave(): void {
  closeTab();
  window.setTimeout(() => window.location.assign('/'), 200);
}

export function CloseButton() {
  return (
    <Button look="primary" onClick={closeOrLeave}>
      Close
    </Button>
  );
}

/** Closes this tab, or clears it: nothing of what was typed stays on the screen. */
export function Expired({ sentence = 'Access expired, start again from the shop.' }: { sentence?: string }) {
  useEffect(closeTab, []);
  return (
    <div role="alert" data-testid="access-expired">
      <h1 className="text-xl font-semibold">Access expired</h1>
      <p className="mt-1 text-muted">{sentence}</p>
    </div>
  );
}

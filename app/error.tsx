'use client';

import { TriangleAlert } from 'lucide-react';
import { Button } from './components/ui/button.tsx';

/** What nobody expected. Says nothing about the cause: the digest finds it in the log. */
export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="grid min-h-[70dvh] place-items-center p-6">
      <div className="max-w-md text-center" role="alert">
        <TriangleAlert aria-hidden className="mx-auto mb-4 size-8 text-warn" />
        <h1 className="text-xl font-semibold">Something went wrong</h1>
        <p className="mt-1.5 text-muted">
          Nothing you entered was shared, and running sessions are not affected. Try again; if it stays, tell an
          administrator.
        </p>
        {error.digest && <p className="mt-3 font-mono text-xs text-faint">Reference {error.digest}</p>}
        <div className="mt-6 flex justify-center gap-2">
          <Button look="primary" onClick={reset}>
            Try again
          </Button>
        </div>
      </div>
    </main>
  );
}

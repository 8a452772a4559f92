'use client';

import { ArrowLeft, RotateCcw } from 'lucide-react';
import { useEffect } from 'react';
import { type ConnectClaims, connectInput, termsPath } from '#app/components/connect-claims.ts';
import { submitStart } from '#app/components/start-form.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button, ButtonLink } from '#app/components/ui/button.tsx';
import { useAction } from '#app/components/use-action.ts';
import { connect } from '../actions.ts';

type EarlierProps = {
  computerName: string;
  /** Null: only the shop that it came from can begin it anew. */
  claims: ConnectClaims | null;
  origin: string | null;
};

/** For whoever signed in on the way to their launch: why it is over, and the same once more in this sign-in. */
export function Earlier({ computerName, claims, origin }: EarlierProps) {
  const again = useAction(connect, { onDone: (fields) => submitStart(document, fields) });
  useEffect(() => {
    if (claims && again.code === 'terms_not_accepted') window.location.assign(termsPath(claims));
  }, [again.code, claims]);
  return (
    <div role="alert" data-testid="earlier-launch">
      <h1 className="text-xl font-semibold">You have signed in again</h1>
      <p className="mt-1 text-muted">
        This session on {computerName} was started in an earlier sign-in of yours, and opens in that one only.
        {claims ? ' You can connect once more from here.' : ` Please start it again from ${origin ?? 'the shop'}.`}
      </p>
      {again.problem && again.code !== 'terms_not_accepted' && (
        <div className="mt-4">
          <Banner tone="danger">{again.problem}</Banner>
        </div>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <ButtonLink href="/" icon={ArrowLeft} look={claims ? 'secondary' : 'primary'}>
          Back to computers
        </ButtonLink>
        {claims && (
          <Button
            look="primary"
            icon={RotateCcw}
            pending={again.pending}
            onClick={() => again.run(connectInput(claims))}
          >
            Connect again
          </Button>
        )}
      </div>
    </div>
  );
}

'use client';

import { type ConnectClaims, connectInput } from '#app/components/connect-claims.ts';
import { submitStart } from '#app/components/start-form.ts';
import { useAction } from '#app/components/use-action.ts';
import { acceptTerms, connect } from '../actions.ts';
import { closeTab } from '../close-tab.tsx';
import { type Terms, TermsText } from '../terms-text.tsx';

/** The terms between Connect and the session: agreeing goes on to where Connect was going. */
export function TermsFirst({ terms, claims }: { terms: Terms; claims: ConnectClaims }) {
  const connecting = useAction(connect, { onDone: (fields) => submitStart(document, fields) });
  const accepting = useAction(acceptTerms, { onDone: () => connecting.run(connectInput(claims)) });
  const decline = () => {
    closeTab();
    window.location.assign('/');
  };
  return (
    <TermsText
      terms={terms}
      pending={accepting.pending || connecting.pending}
      problem={accepting.problem ?? connecting.problem}
      onAgree={() => accepting.run({ version: terms.version, sha256: terms.sha256 })}
      onDecline={decline}
    />
  );
}

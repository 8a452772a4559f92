'use client';

import { KeyRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button, ButtonLink } from '#app/components/ui/button.tsx';
import { Form } from '#app/components/ui/form.tsx';
import { PasswordField } from '#app/components/ui/text-field.tsx';
import { useAction } from '#app/components/use-action.ts';
import type { Mode } from '#server/protocol/session-words.ts';
import { acceptTerms } from '../actions.ts';
import { CloseButton, closeTab, Expired } from '../close-tab.tsx';
import { type Terms, TermsText } from '../terms-text.tsx';
import { type Refused, useOpening } from './use-opening.ts';

export type LaunchProps = {
  launchId: string;
  computer: { name: string; mode: Mode };
  /** Host of the identity API that is told the master password. */
  apiHost: string;
  isBuiltIn: boolean;
  ask: 'password' | 'nothing' | 'first';
  terms: Terms | null;
  /** Nothing is asked before this has passed. */
  waitMs: number;
};

/** Where a launch arrives: what will be opened and who will be asked stands there before anything is typed. */
export function Launch({ launchId, terms, waitMs, ...about }: LaunchProps) {
  const opening = useOpening(launchId);
  const accepting = useAction(acceptTerms);
  const secondsLeft = useCountdown(waitMs);
  if (opening.refused?.kind === 'expired') return <Expired />;
  if (terms) {
    return (
      <TermsText
        terms={terms}
        pending={accepting.pending}
        problem={accepting.problem}
        onAgree={() => accepting.run({ version: terms.version, sha256: terms.sha256 })}
        onDecline={closeTab}
      />
    );
  }
  return (
    <>
      <h1 className="text-xl font-semibold">Connect to {about.computer.name}</h1>
      <About {...about} />
      {opening.refused?.kind === 'failed' ? (
        <Failed refused={opening.refused} />
      ) : secondsLeft > 0 ? (
        <Banner title="The account is being prepared">
          <span role="timer">You can go on in {secondsLeft} s.</span>
        </Banner>
      ) : (
        <Proof ask={about.ask} opening={opening} />
      )}
    </>
  );
}

function About({ computer, apiHost, isBuiltIn }: Pick<LaunchProps, 'computer' | 'apiHost' | 'isBuiltIn'>) {
  return (
    <dl className="mt-3 mb-5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-5 gap-y-1.5 text-sm">
      <dt className="text-muted">Computer</dt>
      <dd>
        {computer.name} <span className="text-muted">({computer.mode})</span>
      </dd>
      <dt className="text-muted">Credential from</dt>
      <dd data-testid="api-host" className="font-mono wrap-anywhere">
        {apiHost}
        {!isBuiltIn && <span className="block font-sans text-warn">Another system, which is told your password</span>}
      </dd>
    </dl>
  );
}

type Opening = ReturnType<typeof useOpening>;

function Proof({ ask, opening }: { ask: LaunchProps['ask']; opening: Opening }) {
  const { run, pending, refused } = opening;
  const problem = refused?.kind === 'again' ? refused.message : undefined;
  if (ask === 'first') {
    return (
      <Banner tone="warn" title="You have no master password yet">
        <p>It protects your credentials, so only you can choose it. Set it in your profile, then connect again.</p>
        <ButtonLink href="/profile" look="primary" icon={KeyRound} className="mt-3">
          Set a master password
        </ButtonLink>
      </Banner>
    );
  }
  if (ask === 'nothing' && !problem) {
    return (
      <div className="flex justify-end">
        <Button look="primary" pending={pending} onClick={() => run(undefined)}>
          Open session
        </Button>
      </div>
    );
  }
  return (
    <Form
      pending={pending}
      problem={problem}
      submitLabel="Open session"
      onSubmit={(data) => run(String(data.get('masterPassword')))}
    >
      <PasswordField
        label="Master password"
        name="masterPassword"
        autoComplete="off"
        autoFocus
        required
        hint="It is passed on once and kept nowhere."
      />
    </Form>
  );
}

function Failed({ refused }: { refused: Refused }) {
  return (
    <div className="grid gap-4" data-testid="launch-failed">
      <Banner tone="danger" title="This session cannot be opened">
        {refused.message}
      </Banner>
      <div className="flex justify-end">
        <CloseButton />
      </div>
    </div>
  );
}

/** Whole seconds until `waitMs` have passed since the page was shown. */
function useCountdown(waitMs: number): number {
  const [leftMs, setLeftMs] = useState(waitMs);
  useEffect(() => {
    if (waitMs <= 0) return;
    const endsMs = performance.now() + waitMs;
    const timer = setInterval(() => {
      const left = Math.max(0, endsMs - performance.now());
      setLeftMs(left);
      if (left === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [waitMs]);
  return Math.ceil(leftMs / 1000);
}

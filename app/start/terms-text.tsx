'use client';

import { useId } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';

export type Terms = { version: number; text: string; sha256: string };

type TermsTextProps = {
  terms: Terms;
  pending: boolean;
  problem?: string;
  onAgree: () => void;
  onDecline: () => void;
};

/** The whole text, and two answers. Declining leaves everything as it was. */
export function TermsText({ terms, pending, problem, onAgree, onDecline }: TermsTextProps) {
  const id = useId();
  return (
    <>
      <h1 id={id} className="text-xl font-semibold">
        Terms of use
      </h1>
      <p className="mt-1 text-sm text-muted">Version {terms.version}. You are asked once for each version.</p>
      <section
        aria-labelledby={id}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by keyboard.
        tabIndex={0}
        className="my-4 max-h-[50dvh] overflow-y-auto rounded-md border border-line bg-sunken px-4 py-3 whitespace-pre-wrap wrap-anywhere"
      >
        {terms.text}
      </section>
      {problem && (
        <div className="mb-4">
          <Banner tone="danger">{problem}</Banner>
        </div>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onDecline}>Decline</Button>
        <Button look="primary" pending={pending} onClick={onAgree}>
          I agree
        </Button>
      </div>
    </>
  );
}

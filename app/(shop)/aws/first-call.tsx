'use client';

import { useEffect, useState } from 'react';
import type { MadeToken } from '#app/components/api-tokens/make-token-form.tsx';
import type { ListedToken } from '#app/components/api-tokens/token-columns.tsx';
import { Banner } from '#app/components/ui/banner.tsx';
import { Spinner } from '#app/components/ui/spinner.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { askTokenUse } from './actions.ts';

type Call = { service: string; operation: string | null; at: Date; status: number | null; refusal: string | null };

const askEveryMs = 2000;

/** Waits for the first call of the newest token, and says what came of it. */
export function FirstCall({ tokens, made }: { tokens: readonly ListedToken[]; made: MadeToken | undefined }) {
  const apiTokenId = made?.apiTokenId ?? tokens[0]?.apiTokenId;
  const call = useLatestCall(apiTokenId);
  if (!apiTokenId) return <p className="text-muted">Make a token first. Then this page waits for its first call.</p>;
  if (!call) {
    return (
      <p role="status" className="flex items-center gap-2 text-muted">
        <Spinner />
        Waiting for the first call with your token. Run the lines above.
      </p>
    );
  }
  const name = `${call.service}:${call.operation ?? '?'}`;
  if (call.refusal) {
    return (
      <Banner tone="danger" title={`${name} was refused`}>
        The proxy said {call.refusal}. Your program shows the whole sentence, and your sessions show the call.
      </Banner>
    );
  }
  return (
    <Banner tone="ok" title="It works">
      {name} went through at <Time at={call.at} />
      {call.status !== null && `, and was answered with ${call.status}`}.
    </Banner>
  );
}

function useLatestCall(apiTokenId: string | undefined): Call | undefined {
  const [seen, setSeen] = useState<{ of: string; call: Call }>();
  const isKnown = seen !== undefined && seen.of === apiTokenId && seen.call.status !== null;
  useEffect(() => {
    if (!apiTokenId || isKnown) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      // Nobody looks at a page in the background.
      const answer = document.hidden ? undefined : await askTokenUse({ apiTokenId }).catch(() => undefined);
      if (isOver) return;
      if (answer?.ok && answer.value) setSeen({ of: apiTokenId, call: answer.value });
      timer = setTimeout(ask, askEveryMs);
    };
    ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [apiTokenId, isKnown]);
  return seen?.of === apiTokenId ? seen?.call : undefined;
}

'use client';

import { Send } from 'lucide-react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { useAction } from '#app/components/use-action.ts';
import { sendEndAgain } from './actions.ts';

export function SendAgainButton({ sessionId }: { sessionId: string }) {
  const { run, pending, problem } = useAction(sendEndAgain, { done: 'It is being sent again.' });
  return (
    <div className="grid gap-2">
      {problem && <Banner tone="danger">{problem}</Banner>}
      <Button icon={Send} pending={pending} onClick={() => run({ sessionId })}>
        Send again
      </Button>
    </div>
  );
}

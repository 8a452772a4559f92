'use client';

import { Download } from 'lucide-react';
import { saveFile } from '#app/components/save-file.ts';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { useAction } from '#app/components/use-action.ts';
import { reportFormats } from '#server/protocol/aws-words.ts';
import { reportOfCalls } from './actions.ts';

/** Saves what a session called, by operation. */
export function ReportButtons({ sessionId }: { sessionId: string }) {
  const { run, pending, problem } = useAction(reportOfCalls, { onDone: ({ name, text }) => saveFile(name, text) });
  return (
    <div className="grid gap-2">
      {problem && <Banner tone="danger">{problem}</Banner>}
      <div className="flex flex-wrap gap-2">
        {reportFormats.map((format) => (
          <Button key={format} icon={Download} pending={pending} onClick={() => run({ sessionId, format })}>
            Report as {format.toUpperCase()}
          </Button>
        ))}
      </div>
    </div>
  );
}

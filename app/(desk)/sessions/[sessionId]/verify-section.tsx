'use client';

import { ShieldCheck } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { Banner } from '#app/components/ui/banner.tsx';
import { Button } from '#app/components/ui/button.tsx';
import { durationText } from '#app/components/ui/moment-text.ts';
import { Progress } from '#app/components/ui/progress.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { isProven, type RecordingProof } from '#server/protocol/recording-proof.ts';
import { askProof } from './ask-proof.ts';

type VerifySectionProps = {
  sessionId: string;
  /** What was found the last time, by whomever; `at` is ISO 8601. */
  last: { at: string; isProven: boolean; detail: string | null } | null;
};

type State =
  | { step: 'idle' }
  | { step: 'asking'; percent: number | undefined }
  | { step: 'found'; proof: RecordingProof }
  | { step: 'refused'; sentence: string };

/** Has the gateway read the whole recording and compare it with what is known of it, and says what came of it. */
export function VerifySection({ sessionId, last }: VerifySectionProps) {
  const router = useRouter();
  const leaving = useRef<AbortController>(null);
  const [state, setState] = useState<State>({ step: 'idle' });
  useEffect(() => () => leaving.current?.abort(), []);

  const verify = () => {
    const asking = new AbortController();
    leaving.current = asking;
    setState({ step: 'asking', percent: undefined });
    const onProgress = (percent: number) => setState({ step: 'asking', percent });
    askProof(sessionId, { fetch: window.fetch.bind(window), signal: asking.signal, onProgress }).then(
      (asked) => {
        setState(asked.ok ? { step: 'found', proof: asked.proof } : { step: 'refused', sentence: asked.sentence });
        if (asked.ok) router.refresh();
      },
      () => {}, // the page was left
    );
  };

  return (
    <div className="grid gap-3" data-testid="verify">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button icon={ShieldCheck} pending={state.step === 'asking'} onClick={verify}>
          Verify
        </Button>
        {last && state.step === 'idle' && (
          <p className="text-sm text-muted">
            {last.isProven ? 'Found intact' : 'Not proven intact'} on <Time at={last.at} evidence />
          </p>
        )}
      </div>
      {last && !last.isProven && last.detail && state.step === 'idle' && (
        <p className="text-sm wrap-anywhere text-muted">{last.detail}</p>
      )}
      {state.step === 'asking' && <Progress label="Reading every byte of the recording" value={state.percent} />}
      {state.step === 'refused' && <Banner tone="danger">{state.sentence}</Banner>}
      {state.step === 'found' && <Found proof={state.proof} />}
    </div>
  );
}

function Found({ proof }: { proof: RecordingProof }) {
  const { problems, logProblems, heads, at, ms } = proof;
  const all = [...problems, ...logProblems];
  return (
    <Banner tone={isProven(proof) ? 'ok' : proof.state === 'unsealed' ? 'warn' : 'danger'} title={titleOf(proof)}>
      {all.length > 0 && (
        <ul className="list-disc pl-5">
          {all.map((problem) => (
            <li key={problem} className="wrap-anywhere">
              {problem}
            </li>
          ))}
        </ul>
      )}
      <p>
        {comparedText(heads)} Every byte was read in {ms < 1000 ? `${ms} ms` : durationText(ms)}.
      </p>
      <Time at={at} evidence />
    </Banner>
  );
}

function comparedText(heads: number): string {
  if (heads === 0) return 'The audit log knows nothing of this recording, so it was compared with itself only.';
  return `Compared with ${heads} ${heads === 1 ? 'head' : 'heads'} in the audit log.`;
}

function titleOf({ state, logProblems, intactSegments }: RecordingProof): string {
  const segments = `${intactSegments} ${intactSegments === 1 ? 'segment' : 'segments'}`;
  const upTo = intactSegments > 0 ? ` From its beginning, ${segments} as recorded.` : '';
  if (state === 'tampered') return `This recording is not intact.${upTo}`;
  if (state === 'unsealed') return `Not sealed: ${segments} as recorded, and no signature that closes the recording.`;
  if (logProblems.length > 0) return 'The recording agrees with its signature, but the audit log was altered.';
  if (state === 'deleted')
    return 'Deleted: the manifest and the note of its deletion are signed and as they were written.';
  return `The recording is intact: ${segments}, every byte as it was sealed.`;
}

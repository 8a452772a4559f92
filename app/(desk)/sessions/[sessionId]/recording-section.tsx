import { Download } from 'lucide-react';
import { RecordingPlayer } from '#app/components/recording-player/recording-player.tsx';
import { Badge } from '#app/components/ui/badge.tsx';
import { Banner } from '#app/components/ui/banner.tsx';
import { buttonClass } from '#app/components/ui/button.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { type LastProof, type SessionDetail, sentenceOf } from '#server/portal.ts';
import { bytesText, holdLabel, recordingLabel } from '../session-labels.ts';
import { searchInRecording } from './actions.ts';
import { KeepingSection } from './keeping-section.tsx';
import { VerifySection } from './verify-section.tsx';

type RecordingSectionProps = { session: SessionDetail; lastProof: LastProof | null };

/** The evidence: its state, the replay for whoever may see it, the downloads, and how to prove it whole. */
export function RecordingSection({ session, lastProof }: RecordingSectionProps) {
  const { id, recording, mayView } = session;
  const label = recordingLabel(recording);
  const onHold = holdLabel(recording);
  const isReadable = mayView && recording !== null && recording.state !== 'writing';
  return (
    <section aria-labelledby="recording-title" className="mt-8">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id="recording-title" className="flex items-center gap-2.5 text-lg font-semibold">
          Recording
          <Badge tone={label.tone}>{label.text}</Badge>
          {onHold && <Badge tone={onHold.tone}>{onHold.text}</Badge>}
        </h2>
        {isReadable && (
          <div className="flex flex-wrap gap-2">
            <DownloadLink href={`/api/recordings/${id}/recording.zip`}>Download zip</DownloadLink>
            <DownloadLink href={`/api/recordings/${id}/recording.cast`}>Download asciicast</DownloadLink>
          </div>
        )}
      </div>
      <div className="grid gap-4">
        <RecordingNote session={session} />
        {isReadable && <RecordingPlayer sessionId={id} mayCopy={session.mayCopy} search={searchInRecording} />}
        {recording && <KeepingSection session={session} />}
        {recording && <Proof session={session} recording={recording} lastProof={lastProof} />}
      </div>
    </section>
  );
}

// A plain link: the gateway answers it, not a page of ours.
function DownloadLink({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} download className={buttonClass('secondary', 'medium')}>
      <Download aria-hidden className="size-4 shrink-0" />
      {children}
    </a>
  );
}

function RecordingNote({ session: { recording, policy, whyNotView } }: { session: SessionDetail }) {
  if (recording?.state === 'deleted') return <DeletedNote recording={recording} />;
  if (!recording && policy.recording === 'off') return <Banner>The policy of this session does not record.</Banner>;
  if (whyNotView === 'forbidden')
    return <Banner>Only auditors replay recordings. An administrator can make you one.</Banner>;
  if (whyNotView) return <Banner>{sentenceOf({ ok: false, code: whyNotView })}</Banner>;
  if (recording?.state === 'writing') {
    return <Banner>It is still being written. It can be played as soon as the session has ended.</Banner>;
  }
  if (recording?.state === 'failed' && recording.sealReason === 'forged') {
    return (
      <Banner tone="warn" title="This recording is not the one that was made">
        The gateway stopped while it was written, and at its next start the files differed from what the audit log knows
        of them. They were left as they are, and not sealed.
      </Banner>
    );
  }
  if (recording?.state === 'failed') {
    return (
      <Banner tone="warn" title="This recording is not complete">
        Writing it failed. What was written until then can be played, but it is not sealed.
      </Banner>
    );
  }
  if (recording?.playable === 'unplayable') {
    return (
      <Banner tone="danger" title="This recording cannot be played as it was made">
        It was read to its end after it was sealed. {recording.checkDetail} Prove it with the command below, which tells
        whether it was altered.
      </Banner>
    );
  }
  if (recording?.sealReason === 'crash') {
    return (
      <Banner tone="warn" title="Sealed after a crash">
        The gateway stopped while this was recorded. At its next start it cut the recording after the last whole entry
        and sealed it; at most the last second is missing.
      </Banner>
    );
  }
  return null;
}

function DeletedNote({ recording: { deletedAt, deleteReason, erasedAt } }: Pick<ProofProps, 'recording'>) {
  return (
    <Banner title="This recording was deleted">
      {deletedAt && <Time at={deletedAt.toISOString()} evidence />} {deleteReason} Its signed manifest and a signed note
      of its deletion were kept, and the audit log names both.
      {!erasedAt && ' Its files are being removed.'}
    </Banner>
  );
}

type ProofProps = {
  session: SessionDetail;
  recording: NonNullable<SessionDetail['recording']>;
  lastProof: LastProof | null;
};

function Proof({ session: { id, mayVerify }, recording, lastProof }: ProofProps) {
  const last = lastProof && { ...lastProof, at: lastProof.at.toISOString() };
  const isVerifiable = mayVerify && recording.state !== 'writing';
  return (
    <dl className="grid gap-3 rounded-lg border border-line bg-surface p-5 text-sm shadow-soft">
      <div>
        <dt className="text-xs font-medium text-muted">Head of the hash chain</dt>
        <dd data-testid="recording-head" className="mt-0.5 font-mono text-xs break-all">
          {recording.head ?? 'Not sealed yet'}
        </dd>
      </div>
      <div>
        <dt className="text-xs font-medium text-muted">
          {recording.state === 'deleted' ? 'Prove what was deleted' : 'Prove that nothing was altered'}
        </dt>
        <dd className="mt-1.5 grid gap-2">
          {isVerifiable && <VerifySection sessionId={id} last={last} />}
          <span className="text-muted">
            At the machine, or from a copy of the recording:{' '}
            <code className="font-mono text-xs break-all">npm run verify -- {id}</code>
          </span>
        </dd>
      </div>
      <div>
        <dt className="text-xs font-medium text-muted">Size</dt>
        <dd className="mt-0.5 tabular-nums">{bytesText(recording.bytes)}</dd>
      </div>
    </dl>
  );
}

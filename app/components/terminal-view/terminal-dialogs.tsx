'use client';

import type { ReactNode } from 'react';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { previewOf } from './paste-text.ts';
import type { HostKeyQuestion } from './session-view.ts';
import type { TerminalQuestion } from './use-live-terminal.ts';

const mono = 'rounded-md bg-sunken px-3 py-2 font-mono text-ink break-all';

/** The first time a computer is reached: its key is shown, and kept once it is trusted. */
export function HostKeyDialog({
  question,
  onAnswer,
}: {
  question: HostKeyQuestion;
  onAnswer: (approve: boolean) => void;
}) {
  return (
    <ConfirmDialog
      open
      danger={false}
      title="Is this the right computer?"
      confirmLabel="Trust and connect"
      onOpenChange={(open) => !open && onAnswer(false)}
      onConfirm={() => onAnswer(true)}
    >
      <p>
        Sallyport does not know the host key of <strong className="font-medium text-ink">{question.host}</strong> yet.
        Compare the fingerprint with what its administrator gave you.
      </p>
      <dl className="mt-4 grid gap-2">
        <Fact name="Host">{question.host}</Fact>
        <Fact name="Key type">{question.keyType}</Fact>
        <div>
          <dt className="mb-1 text-sm">Fingerprint</dt>
          <dd data-testid="host-key-fingerprint" className={`${mono} text-xs`}>
            {question.fingerprint}
          </dd>
        </div>
      </dl>
      <p className="mt-4">
        If you trust it, it is kept for everyone: a computer that later shows another key is refused. No password is
        sent before you answer.
      </p>
    </ConfirmDialog>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-sm">{name}</dt>
      <dd className="font-mono text-sm break-all text-ink">{children}</dd>
    </div>
  );
}

type QuestionDialogProps = { question: TerminalQuestion; onClose: () => void };

export function QuestionDialog({ question, onClose }: QuestionDialogProps) {
  return question.type === 'paste' ? (
    <PasteDialog text={question.text} onSend={question.send} onClose={onClose} />
  ) : (
    <LinkDialog url={question.url} onClose={onClose} />
  );
}

function PasteDialog({ text, onSend, onClose }: { text: string; onSend: () => void; onClose: () => void }) {
  const { lines, total } = previewOf(text);
  return (
    <ConfirmDialog
      open
      danger={false}
      title={total === 1 ? 'Paste and run this line?' : `Paste ${total} lines?`}
      confirmLabel="Paste"
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => {
        onClose();
        onSend();
      }}
    >
      <p>Each line may be run by the computer as soon as it arrives.</p>
      <pre className={`${mono} mt-3 max-h-52 text-sm overflow-auto whitespace-pre-wrap`}>
        {lines.join('\n')}
        {total > lines.length && `\n… and ${total - lines.length} more`}
      </pre>
    </ConfirmDialog>
  );
}

function LinkDialog({ url, onClose }: { url: URL; onClose: () => void }) {
  return (
    <ConfirmDialog
      open
      danger={false}
      title={`Open ${url.host}?`}
      confirmLabel="Open in a new tab"
      onOpenChange={(open) => !open && onClose()}
      onConfirm={() => {
        onClose();
        window.open(url.href, '_blank', 'noopener,noreferrer');
      }}
    >
      <p>This address was written by the computer you are connected to. Open it only if you expected it.</p>
      <p className={`${mono} mt-3 max-h-40 text-sm overflow-auto`}>{url.href}</p>
    </ConfirmDialog>
  );
}

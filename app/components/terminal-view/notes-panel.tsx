import { StickyNote } from 'lucide-react';

/** What whoever keeps the credential has to say about it: plain text, folded away when it was read. */
export function NotesPanel({ text }: { text: string }) {
  return (
    <details open data-testid="session-notes" className="border-b border-line bg-surface px-3 py-1 text-sm sm:px-4">
      <summary className="flex cursor-pointer items-center gap-2 text-xs text-muted">
        <StickyNote aria-hidden className="size-3.5 shrink-0" />
        Notes
      </summary>
      <p className="max-h-32 overflow-y-auto py-1 whitespace-pre-wrap wrap-anywhere">{text}</p>
    </details>
  );
}

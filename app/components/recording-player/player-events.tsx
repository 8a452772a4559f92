'use client';

import { markText } from '#server/protocol/typescript-events.ts';
import { clockText } from '../terminal-view/clock-text.ts';
import { classNames } from '../ui/class-names.ts';
import type { Playback } from './playback.ts';

const mostListed = 500;

/** What happened besides output, each a way to its moment. */
export function PlayerEvents({ playback, positionMs }: { playback: Playback; positionMs: number }) {
  const { marks, durationMs } = playback.track;
  if (marks.length === 0) return null;
  const current = marks.findLastIndex(({ elapsedMs }) => elapsedMs <= positionMs);
  return (
    <details className="border-t border-line bg-surface text-sm">
      <summary className="cursor-pointer px-4 py-2 text-muted hover:text-ink">
        {marks.length} {marks.length === 1 ? 'event' : 'events'}
      </summary>
      <ol className="max-h-56 overflow-y-auto px-2 pb-2">
        {marks.slice(0, mostListed).map((mark, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: marks never change
          <li key={i}>
            <button
              type="button"
              onClick={() => playback.seek(mark.elapsedMs)}
              aria-current={i === current ? 'true' : undefined}
              className={classNames(
                'flex w-full gap-3 rounded-md px-2 py-1 text-left hover:bg-hover',
                i === current ? 'font-medium text-ink' : 'text-muted',
              )}
            >
              <span className="tabular-nums">{clockText(mark.elapsedMs, durationMs)}</span>
              <span className="break-words">{markText(mark)}</span>
            </button>
          </li>
        ))}
      </ol>
      {marks.length > mostListed && (
        <p className="px-4 pb-2 text-muted">The first {mostListed} of them; all are in events.ndjson.</p>
      )}
    </details>
  );
}

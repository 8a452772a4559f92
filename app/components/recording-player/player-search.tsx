'use client';

import { Search } from 'lucide-react';
import { type RefObject, useState } from 'react';
import type { ActionResult } from '../action-result.ts';
import { clockText, spokenClock } from '../terminal-view/clock-text.ts';
import { Button } from '../ui/button.tsx';
import { classNames } from '../ui/class-names.ts';
import { useAction } from '../use-action.ts';
import { FoundText } from './found-text.tsx';
import type { Playback } from './playback.ts';

/** What a search in one recording found; the lines in the order of time. */
export type PlayerSearchResult = {
  hits: { seq: number; elapsedMs: number; text: string }[];
  isCut: boolean;
  isSearchable: boolean;
  leftOutFromMs: number | undefined;
};

export type SearchInRecording = (input: {
  sessionId: string;
  text: string;
}) => Promise<ActionResult<PlayerSearchResult>>;

type PlayerSearchProps = {
  sessionId: string;
  search: SearchInRecording;
  /** Where not, text that was found cannot be selected either. */
  mayCopy: boolean;
  playback: Playback;
  positionMs: number;
  /** Gets the focus where somebody presses `/`. */
  field: RefObject<HTMLInputElement | null>;
};

/** Finds text as it stood on the screen; each line found is a way to its moment, by the mouse and by the arrow keys. */
export function PlayerSearch({ sessionId, search, mayCopy, playback, positionMs, field }: PlayerSearchProps) {
  const [found, setFound] = useState<{ text: string } & PlayerSearchResult>();
  const [text, setText] = useState('');
  const { run, pending, problem, errors } = useAction(search, {
    onDone: (result) => setFound({ text: text.trim(), ...result }),
  });
  const refusal = problem ?? errors?.text;
  return (
    <search aria-label="Search in this recording" className="grid content-start gap-2 p-3">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') run({ sessionId, text });
        }}
        className="flex gap-2"
      >
        <input
          ref={field}
          type="search"
          aria-label="Search in this recording"
          placeholder="Search what was on screen"
          value={text}
          maxLength={200}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          className="control min-w-0 font-mono text-sm"
        />
        <Button type="submit" icon={Search} pending={pending}>
          Search
        </Button>
      </form>
      {refusal && (
        <p role="alert" className="text-sm text-danger">
          {refusal}
        </p>
      )}
      {found && !refusal && (
        <div className={mayCopy ? undefined : 'select-none'}>
          <Found found={found} playback={playback} positionMs={positionMs} />
        </div>
      )}
      {!found && !refusal && (
        <p className="text-sm text-muted">Part of a line, in any case. What you search for is written down.</p>
      )}
    </search>
  );
}

type FoundProps = { found: { text: string } & PlayerSearchResult; playback: Playback; positionMs: number };

function Found({ found: { text, hits, isCut, isSearchable, leftOutFromMs }, playback, positionMs }: FoundProps) {
  const { durationMs } = playback.track;
  const current = hits.findLastIndex(({ elapsedMs }) => elapsedMs <= positionMs);
  return (
    <>
      <p role="status" className="text-sm text-muted">
        {!isSearchable && 'The text of this recording was not gathered, or not yet. It can be played.'}
        {isSearchable && countText(hits.length, isCut)}
        {leftOutFromMs !== undefined &&
          ` From ${clockText(leftOutFromMs, durationMs)} on there was more text than is kept, so not every line can be found.`}
      </p>
      {hits.length > 0 && (
        <ol
          aria-label="Lines found in this recording"
          onKeyDown={moveByArrows}
          className="-mx-1 max-h-64 overflow-y-auto lg:max-h-112"
        >
          {hits.map((hit, i) => (
            <li key={hit.seq}>
              <button
                type="button"
                onClick={() => playback.seek(hit.elapsedMs)}
                aria-current={i === current ? 'true' : undefined}
                className={classNames(
                  'grid w-full grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-md px-2 py-1 text-left text-sm hover:bg-hover pointer-coarse:py-2.5',
                  i === current ? 'font-medium text-ink' : 'text-muted',
                )}
              >
                <span className="tabular-nums">
                  <span className="sr-only">{spokenClock(hit.elapsedMs)}</span>
                  <span aria-hidden>{clockText(hit.elapsedMs, durationMs)}</span>
                </span>
                <span className="line-clamp-2 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">
                  <FoundText line={hit.text.trimStart()} text={text} />
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function countText(count: number, isCut: boolean): string {
  if (count === 0) return 'Nothing on the screen matches.';
  if (isCut) return `The first ${count} lines.`;
  return count === 1 ? '1 line.' : `${count} lines.`;
}

/** Up and down go from line to line; the player keeps the other arrows. */
function moveByArrows(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const next = buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}

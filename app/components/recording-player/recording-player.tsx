'use client';

import '@xterm/xterm/css/xterm.css';
import { FastForward, Play } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Banner } from '../ui/banner.tsx';
import { Progress } from '../ui/progress.tsx';
import { type LoadResult, loadRecording } from './load-recording.ts';
import { skippedText } from './moments.ts';
import { PlayerControls } from './player-controls.tsx';
import { PlayerEvents } from './player-events.tsx';
import { playerKey } from './player-keys.ts';
import { PlayerSearch, type SearchInRecording } from './player-search.tsx';
import type { Track } from './timeline.ts';
import { usePlayback } from './use-playback.ts';

type RecordingPlayerProps = { sessionId: string; mayCopy: boolean; search: SearchInRecording };

/**
 * Replays the recording of one session. Whether the person may is asked by the gateway at every fetch; that text is not
 * copied out of it without `mayCopy` is for the page alone to hold to.
 */
export function RecordingPlayer(props: RecordingPlayerProps) {
  const { sessionId } = props;
  const [result, setResult] = useState<LoadResult>();
  const [percent, setPercent] = useState<number>();

  useEffect(() => {
    const leaving = new AbortController();
    const onProgress = (bytes: number, total: number | undefined) =>
      setPercent(total && Math.floor((bytes / total) * 100));
    loadRecording(sessionId, { fetch: window.fetch.bind(window), signal: leaving.signal, onProgress }).then(
      setResult,
      () => {}, // the page was left
    );
    return () => leaving.abort();
  }, [sessionId]);

  if (!result) return <Progress label="Fetching the recording" value={percent} />;
  if (!result.ok) return <Banner tone="danger">{result.sentence}</Banner>;
  return <Player {...props} track={result.track} />;
}

function Player({ sessionId, track, mayCopy, search }: RecordingPlayerProps & { track: Track }) {
  const host = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const { playback, view, isCopyRefused } = usePlayback(host, track, { mayCopy });

  const onKeyDown = (event: KeyboardEvent) => {
    const isOwn = keepsKeys(event.target) || (event.key === ' ' && isPressable(event.target));
    const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === 'f' && isPlain && !isOwn) switchFullScreen(whole.current);
    else if (event.key === '/' && isPlain && !isOwn) {
      searchField.current?.focus();
      event.preventDefault();
    } else if (playback && !isOwn && playerKey(playback, event)) event.preventDefault();
  };

  return (
    <section
      ref={whole}
      aria-label="Recording"
      onKeyDown={onKeyDown}
      className="overflow-hidden rounded-lg border border-line shadow-soft"
    >
      {track.damaged && (
        <p className="border-b border-line bg-warn-soft px-4 py-1.5 text-sm">
          The timing file ends in something unreadable. What came before it is played.
        </p>
      )}
      <div className="bg-surface xl:grid xl:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="min-w-0">
          <div className="relative bg-[#0b0d10] p-2">
            <section ref={host} aria-label="Screen" data-testid="player-screen" className="min-h-40" />
            {playback && !view.isPlaying && view.positionMs === 0 && <PlayHere onClick={() => playback.play()} />}
            {view.skippedMs > 0 && <Skipped ms={view.skippedMs} />}
          </div>
          {isCopyRefused && <Banner>The policy of this session does not allow copying.</Banner>}
          {view.problem && <Banner tone="danger">{view.problem}</Banner>}
          {playback && (
            <PlayerControls playback={playback} view={view} onFullScreen={() => switchFullScreen(whole.current)} />
          )}
          {playback && <PlayerEvents playback={playback} positionMs={view.positionMs} />}
        </div>
        <div className="min-w-0 border-line max-xl:border-t xl:border-l">
          {playback && (
            <PlayerSearch
              sessionId={sessionId}
              search={search}
              mayCopy={mayCopy}
              playback={playback}
              positionMs={view.positionMs}
              field={searchField}
            />
          )}
        </div>
      </div>
    </section>
  );
}

/** Says that time was left out, and how much. */
function Skipped({ ms }: { ms: number }) {
  return (
    <p
      data-testid="player-skipped"
      className="absolute top-3 right-3 flex items-center gap-1.5 rounded-md bg-black/70 px-2.5 py-1 text-sm text-white"
    >
      <FastForward aria-hidden className="size-3.5" />
      Skipped {skippedText(ms)} of silence
    </p>
  );
}

function switchFullScreen(element: HTMLElement | null): void {
  // Refused where the page may not; then it stays as it is.
  const done = document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen();
  done?.catch(() => undefined);
}

/** A recording begins with an empty screen: this says that it is one. For the mouse; the controls below serve everybody. */
function PlayHere({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      aria-hidden
      tabIndex={-1}
      onClick={onClick}
      className="absolute inset-0 grid place-items-center"
    >
      <span className="grid size-16 place-items-center rounded-full bg-white/15 text-white hover:bg-white/25">
        <Play className="ml-1 size-7" />
      </span>
    </button>
  );
}

/** Keys that are typed into a field or choose in a list are not the player's. */
function keepsKeys(target: EventTarget): boolean {
  return target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === 'search');
}

function isPressable(target: EventTarget): boolean {
  if (target instanceof HTMLElement && target.tagName === 'SUMMARY') return true;
  return target instanceof HTMLButtonElement || (target instanceof HTMLInputElement && target.type === 'checkbox');
}

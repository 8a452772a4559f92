'use client';

import '@xterm/xterm/css/xterm.css';
import { Play } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Banner } from '../ui/banner.tsx';
import { Progress } from '../ui/progress.tsx';
import { type LoadedRecording, type LoadResult, loadRecording } from './load-recording.ts';
import { PlayerControls } from './player-controls.tsx';
import { playerKey } from './player-keys.ts';
import { usePlayback } from './use-playback.ts';

/** Replays the recording of one session. Whether the person may is asked by the gateway at every fetch. */
export function RecordingPlayer({ sessionId }: { sessionId: string }) {
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
  return <Player recording={result.recording} />;
}

function Player({ recording }: { recording: LoadedRecording }) {
  const host = useRef<HTMLDivElement>(null);
  const { playback, view } = usePlayback(host, recording);

  const onKeyDown = (event: KeyboardEvent) => {
    const isOwn = event.target instanceof HTMLSelectElement || (event.key === ' ' && isPressable(event.target));
    if (playback && !isOwn && playerKey(playback, event)) event.preventDefault();
  };

  return (
    <section
      aria-label="Recording"
      onKeyDown={onKeyDown}
      className="overflow-hidden rounded-lg border border-line shadow-soft"
    >
      {recording.timeline.damaged && (
        <p className="border-b border-line bg-warn-soft px-4 py-1.5 text-sm">
          The timing file ends in something unreadable. What came before it is played.
        </p>
      )}
      <div className="relative bg-[#0b0d10] p-2">
        <section ref={host} aria-label="Screen" data-testid="player-screen" className="min-h-40" />
        {playback && !view.isPlaying && view.positionMs === 0 && <PlayHere onClick={() => playback.play()} />}
      </div>
      {playback && <PlayerControls playback={playback} view={view} />}
    </section>
  );
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

function isPressable(target: EventTarget): boolean {
  return target instanceof HTMLButtonElement || (target instanceof HTMLInputElement && target.type === 'checkbox');
}

'use client';

import { Link2, Maximize, Pause, Play, RotateCcw, SkipBack, StepBack, StepForward } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { markText } from '#server/protocol/typescript-events.ts';
import { clockText, spokenClock } from '../terminal-view/clock-text.ts';
import { IconButton } from '../ui/button.tsx';
import { localText, utcText } from '../ui/moment-text.ts';
import { Spinner } from '../ui/spinner.tsx';
import { hashOfMoment } from './moments.ts';
import { type Playback, type Speed, speeds } from './playback.ts';
import { wallClockAt } from './timeline.ts';
import type { PlaybackView } from './use-playback.ts';

type PlayerControlsProps = { playback: Playback; view: PlaybackView; onFullScreen(): void };

/** Where in the recording one is, and how one moves in it. */
export function PlayerControls({ playback, view, onFullScreen }: PlayerControlsProps) {
  const { durationMs } = playback.track;
  const position = clockText(view.positionMs, durationMs);
  const duration = clockText(durationMs, durationMs);
  return (
    <div className="grid gap-2 border-t border-line bg-surface px-3 pt-2.5 pb-2 sm:px-4">
      <Marks playback={playback} />
      <input
        type="range"
        aria-label="Position"
        aria-valuetext={`${spokenClock(view.positionMs)} of ${spokenClock(durationMs)}`}
        min={0}
        max={Math.max(1, Math.floor(durationMs))}
        step={1}
        value={Math.floor(view.positionMs)}
        onChange={(event) => playback.seek(Number(event.target.value))}
        className="h-4 w-full cursor-pointer accent-accent"
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="flex items-center">
          <IconButton label="Back to the start" icon={SkipBack} onClick={() => playback.seek(0)} />
          <IconButton
            label={playLabel(view)}
            icon={view.isPlaying ? Pause : view.isAtEnd ? RotateCcw : Play}
            onClick={() => (view.isPlaying ? playback.pause() : playback.play())}
            className="text-ink"
          />
          <IconButton label="Output before" icon={StepBack} onClick={() => playback.step('back')} />
          <IconButton label="Next output" icon={StepForward} onClick={() => playback.step('forward')} />
        </div>
        <span data-testid="player-time" className="text-sm tabular-nums">
          {position} <span className="text-faint">/ {duration}</span>
        </span>
        <span className="grid size-4 place-items-center max-sm:hidden">
          {view.isCatchingUp && <Spinner className="text-faint" />}
        </span>
        <WallClock playback={playback} positionMs={view.positionMs} />
        <PaceControls playback={playback} />
        <div className="flex items-center">
          <CopyLink positionMs={view.positionMs} />
          <IconButton label="Full screen" icon={Maximize} onClick={onFullScreen} />
        </div>
      </div>
    </div>
  );
}

const mostMarksShown = 400;

/** Where something happened, above the scrubber, over how much was written when. For the eye; the list says it in words. */
function Marks({ playback: { track } }: { playback: Playback }) {
  const wholeMs = Math.max(1, track.durationMs);
  const shown = track.marks.filter(({ type }) => type !== 'start').slice(0, mostMarksShown);
  return (
    <div aria-hidden data-testid="player-marks" className="relative h-3 w-full overflow-hidden">
      {track.activity && <Activity activity={track.activity} wholeMs={wholeMs} />}
      {shown.map((mark, i) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: marks never change
          key={i}
          title={markText(mark)}
          className="absolute inset-y-0 w-0.5 bg-accent-fill"
          style={{ left: `${Math.min(99.8, (mark.elapsedMs / wholeMs) * 100)}%` }}
        />
      ))}
    </div>
  );
}

type ActivityProps = { activity: { bucketMs: number; bytes: Uint32Array }; wholeMs: number };

function Activity({ activity: { bucketMs, bytes }, wholeMs }: ActivityProps) {
  // A flood must not make everything else look like silence.
  const heights = Array.from(bytes, (count) => Math.log2(1 + count));
  const most = Math.max(1, ...heights);
  const path = heights.map((height, i) => `M${i + 0.5} 1V${(1 - height / most).toFixed(3)}`).join('');
  return (
    <svg
      viewBox={`0 0 ${Math.max(1, wholeMs / bucketMs)} 1`}
      preserveAspectRatio="none"
      className="absolute inset-0 size-full text-line-strong"
      role="presentation"
    >
      <path d={path} stroke="currentColor" strokeWidth={1} />
    </svg>
  );
}

function CopyLink({ positionMs }: { positionMs: number }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    const { origin, pathname, search } = window.location;
    await navigator.clipboard.writeText(`${origin}${pathname}${search}${hashOfMoment(positionMs)}`);
    setIsCopied(true);
  };
  return (
    <>
      <IconButton
        label="Copy a link to this moment"
        icon={Link2}
        onClick={() => void copy().catch(() => setIsCopied(false))}
      />
      <span role="status" className="text-xs text-muted">
        {isCopied && 'Link copied'}
      </span>
    </>
  );
}

function playLabel({ isPlaying, isAtEnd }: PlaybackView): string {
  if (isPlaying) return 'Pause';
  return isAtEnd ? 'Play again' : 'Play';
}

function WallClock({ playback, positionMs }: { playback: Playback; positionMs: number }) {
  const wallMs = wallClockAt(playback.track, positionMs);
  if (wallMs === undefined) return null;
  const at = new Date(wallMs).toISOString();
  return (
    <time
      dateTime={at}
      className="flex flex-wrap gap-x-3 text-xs text-muted tabular-nums max-sm:order-last max-sm:w-full"
    >
      <span>{localText(at, true)}</span>
      <span className="text-faint">{utcText(at)}</span>
    </time>
  );
}

function PaceControls({ playback }: { playback: Playback }) {
  const id = useId();
  const [speed, setSpeed] = useState<Speed>(playback.speed);
  const [skips, setSkips] = useState(playback.skipsSilence);
  return (
    <div className="ml-auto flex items-center gap-3">
      <label className="flex items-center gap-1.5 text-sm text-muted">
        <input
          type="checkbox"
          checked={skips}
          onChange={(event) => {
            playback.skipsSilence = event.target.checked;
            setSkips(event.target.checked);
          }}
          className="size-3.5 accent-accent"
        />
        Skip silence
      </label>
      <label htmlFor={id} className="sr-only">
        Speed
      </label>
      <select
        id={id}
        value={speed}
        onChange={(event) => {
          const chosen = speeds.find((candidate) => candidate === Number(event.target.value)) ?? 1;
          playback.speed = chosen;
          setSpeed(chosen);
        }}
        className="rounded-md border border-line-strong bg-surface px-1.5 py-0.5 text-sm tabular-nums"
      >
        {speeds.map((candidate) => (
          <option key={candidate} value={candidate}>
            {candidate} ×
          </option>
        ))}
      </select>
    </div>
  );
}

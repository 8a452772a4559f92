'use client';

import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react';
import type { LoadedRecording } from './load-recording.ts';
import { Playback } from './playback.ts';

/** What of a playback is shown; a new object whenever it changes. */
export type PlaybackView = { positionMs: number; isPlaying: boolean; isCatchingUp: boolean; isAtEnd: boolean };

const before: PlaybackView = { positionMs: 0, isPlaying: false, isCatchingUp: false, isAtEnd: false };

/** Plays a recording into `host` while mounted, with the browser's frames as its clock. */
export function usePlayback(host: RefObject<HTMLElement | null>, recording: LoadedRecording) {
  const [playback, setPlayback] = useState<Playback>();
  const [store] = useState(() => new ViewStore());
  const view = useSyncExternalStore(store.subscribe, store.read, () => before);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let left = false;
    let leave = () => {
      left = true;
    };
    void import('./replay-screen.ts').then(({ ReplayScreen }) => {
      if (left) return;
      const screen = new ReplayScreen(element, { screenReaderMode: false });
      const started: Playback = new Playback(recording.timeline, recording.output, screen, () => store.take(started));
      const stopTicking = tickByFrame((elapsedMs) => started.tick(elapsedMs));
      setPlayback(started);
      store.take(started);
      leave = () => {
        stopTicking();
        screen.dispose();
      };
    });
    return () => leave();
  }, [host, recording, store]);

  return { playback, view };
}

function tickByFrame(tick: (elapsedMs: number) => void): () => void {
  let lastMs = performance.now();
  let frame = requestAnimationFrame(function next(nowMs) {
    tick(nowMs - lastMs);
    lastMs = nowMs;
    frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}

class ViewStore {
  #view = before;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly read = () => this.#view;

  take({ positionMs, isPlaying, isCatchingUp, isAtEnd }: PlaybackView): void {
    const last = this.#view;
    const same =
      last.positionMs === positionMs &&
      last.isPlaying === isPlaying &&
      last.isCatchingUp === isCatchingUp &&
      last.isAtEnd === isAtEnd;
    if (same) return;
    this.#view = { positionMs, isPlaying, isCatchingUp, isAtEnd };
    for (const listener of this.#listeners) listener();
  }
}

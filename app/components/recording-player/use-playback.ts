'use client';

import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react';
import { momentInHash } from './moments.ts';
import { Playback } from './playback.ts';
import type { Track } from './timeline.ts';

/** What of a playback is shown; a new object whenever it changes. */
export type PlaybackView = Pick<Playback, (typeof viewed)[number]>;

const viewed = ['positionMs', 'isPlaying', 'isCatchingUp', 'isAtEnd', 'problem', 'skippedMs'] as const;

const before: PlaybackView = {
  positionMs: 0,
  isPlaying: false,
  isCatchingUp: false,
  isAtEnd: false,
  problem: undefined,
  skippedMs: 0,
};

/** Plays a recording into `host` while mounted, with the browser's frames as its clock. */
export function usePlayback(host: RefObject<HTMLElement | null>, track: Track, { mayCopy }: { mayCopy: boolean }) {
  const [playback, setPlayback] = useState<Playback>();
  const [isCopyRefused, setIsCopyRefused] = useState(false);
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
      const screen = new ReplayScreen(element, {
        screenReaderMode: false,
        mayCopy,
        onCopyRefused: () => setIsCopyRefused(true),
      });
      const started: Playback = new Playback(track, screen, () => store.take(started));
      const goToLink = () => {
        const moment = momentInHash(window.location.hash);
        if (moment !== undefined) started.seek(moment);
      };
      goToLink();
      window.addEventListener('hashchange', goToLink);
      const stopTicking = tickByFrame((elapsedMs) => started.tick(elapsedMs));
      setPlayback(started);
      store.take(started);
      leave = () => {
        stopTicking();
        window.removeEventListener('hashchange', goToLink);
        screen.dispose();
      };
    });
    return () => leave();
  }, [host, track, store, mayCopy]);

  return { playback, view, isCopyRefused };
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

  take(playback: PlaybackView): void {
    if (viewed.every((name) => playback[name] === this.#view[name])) return;
    const { positionMs, isPlaying, isCatchingUp, isAtEnd, problem, skippedMs } = playback;
    this.#view = { positionMs, isPlaying, isCatchingUp, isAtEnd, problem, skippedMs };
    for (const listener of this.#listeners) listener();
  }
}

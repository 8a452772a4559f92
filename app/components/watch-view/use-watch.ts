'use client';

import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import { endSentence } from '#server/protocol/session-words.ts';
import type { ActionResult } from '../action-result.ts';
import type { ReplayScreen } from '../recording-player/replay-screen.ts';
import { retryDelayMs } from '../terminal-view/retry-times.ts';
import { openTerminalSocket } from '../terminal-view/terminal-connection.ts';
import { WatchConnection, type WatchEnd } from './watch-connection.ts';

export type GetWatchTicket = (input: { sessionId: string }) => Promise<ActionResult<{ ticket: string }>>;

export type WatchState =
  | { type: 'connecting' }
  | { type: 'live' }
  | { type: 'reconnecting' }
  | { type: 'over'; sentence: string };

/** Watches one session in `host` from mount to unmount; a lost connection is made again by itself. */
export function useWatch(
  host: RefObject<HTMLElement | null>,
  { sessionId, getTicket }: { sessionId: string; getTicket: GetWatchTicket },
): WatchState {
  const [state, setState] = useState<WatchState>({ type: 'connecting' });
  const askTicket = useEffectEvent(() => getTicket({ sessionId }).catch(() => undefined));

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let left = false;
    let screen: ReplayScreen | undefined;
    let connection: WatchConnection | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let tries = 0;

    const again = () => {
      setState({ type: 'reconnecting' });
      retry = setTimeout(() => void connect(), retryDelayMs(tries));
      tries += 1;
    };
    const connect = async () => {
      const answer = await askTicket();
      if (left || !screen) return;
      if (answer?.ok) connection = watchOver(openTerminalSocket(watchUrl(), answer.value.ticket), screen);
      else if (!answer || answer.code === 'unavailable') again();
      else setState({ type: 'over', sentence: answer.message });
    };
    const watchOver = (socket: WebSocket, shown: ReplayScreen) =>
      new WatchConnection(socket, {
        onLook: (size) => {
          tries = 0;
          shown.reset(size);
          setState({ type: 'live' });
        },
        onScreen: (bytes, parsed) => shown.write(bytes, parsed),
        onOutput: (bytes, parsed) => shown.write(bytes, parsed),
        onSize: (size) => shown.resize(size),
        onEnd: (end) => setState({ type: 'over', sentence: sentenceFor(end) }),
        onLost: again,
      });

    // Loaded here because xterm.js is made for browsers only.
    void import('../recording-player/replay-screen.ts').then(({ ReplayScreen: Screen }) => {
      if (left) return;
      screen = new Screen(element, { screenReaderMode: false });
      void connect();
    });
    return () => {
      left = true;
      clearTimeout(retry);
      connection?.dispose();
      screen?.dispose();
    };
  }, [host]);

  return state;
}

function watchUrl(): string {
  const url = new URL('/ws/watch', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function sentenceFor(end: WatchEnd): string {
  return end.type === 'dismissed' ? end.text : endSentence(end.reason);
}

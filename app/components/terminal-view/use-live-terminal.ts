'use client';

import { type RefObject, useEffect, useEffectEvent, useReducer, useRef, useState } from 'react';
import type { ActionResult } from '../action-result.ts';
import type { LiveTerminal } from './live-terminal.ts';
import type { Ticket } from './session-link.ts';
import { nextView, startingView } from './session-view.ts';
import { keepPreferences, readPreferences, type TerminalPreferences } from './terminal-preferences.ts';

export type GetTicket = (input: {
  sessionId: string;
}) => Promise<ActionResult<{ ticket: string; purpose: 'open' | 'attach' }>>;

/** What the terminal wants to know from the person before it goes on. */
export type TerminalQuestion = { type: 'paste'; text: string; send: () => void } | { type: 'link'; url: URL };

type Options = { sessionId: string; getTicket: GetTicket; onLeave: () => void };

const storage = () => window.localStorage;
const noAnswer = {
  ok: false,
  isFinal: false,
  sentence: 'Sallyport did not answer. Check your connection and try again.',
} as const;

/** Runs one session in `host` from mount to unmount: its view, its preferences, and what it asks. */
export function useLiveTerminal(host: RefObject<HTMLElement | null>, { sessionId, getTicket, onLeave }: Options) {
  const [view, dispatch] = useReducer(nextView, startingView);
  const [preferences, setPreferences] = useState<TerminalPreferences>();
  const [question, setQuestion] = useState<TerminalQuestion>();
  const [finding, setFinding] = useState(false);
  const live = useRef<LiveTerminal>(undefined);

  const ticket = async (): Promise<Ticket> => {
    const result = await getTicket({ sessionId }).catch(() => undefined);
    if (!result) return noAnswer;
    if (result.ok) return { ok: true, ...result.value };
    return { ok: false, sentence: result.message, isFinal: result.code !== 'unavailable' };
  };

  const start = useEffectEvent((element: HTMLElement, Live: typeof LiveTerminal) => {
    const kept = readPreferences(storage);
    setPreferences(kept);
    const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
    const terminal = new Live(
      element,
      { ...kept, isMac },
      {
        onEvent: dispatch,
        onFind: () => setFinding(true),
        onLeave: () => onLeave(),
        onLink: (url) => setQuestion({ type: 'link', url }),
        onMultiLinePaste: (text, send) => setQuestion({ type: 'paste', text, send }),
      },
    );
    const url = new URL('/ws/terminal', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    void terminal.connect(url.href, ticket);
    return terminal;
  });

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let left = false;
    // Loaded here because xterm.js is made for browsers only; and the page paints before it arrives.
    void import('./live-terminal.ts').then(({ LiveTerminal: Live }) => {
      if (!left) live.current = start(element, Live);
    });
    return () => {
      left = true;
      live.current?.dispose();
      live.current = undefined;
    };
  }, [host]);

  const change = (next: TerminalPreferences) => {
    setPreferences(next);
    keepPreferences(storage, next);
    live.current?.setFontSize(next.fontSize);
    live.current?.setScreenReaderMode(next.screenReaderMode);
  };

  return { live, view, dispatch, preferences, change, question, setQuestion, finding, setFinding };
}

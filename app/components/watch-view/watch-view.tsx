'use client';

import '@xterm/xterm/css/xterm.css';
import { Eye } from 'lucide-react';
import { useRef } from 'react';
import { Badge } from '../ui/badge.tsx';
import { Banner } from '../ui/banner.tsx';
import { type GetWatchTicket, useWatch, type WatchState } from './use-watch.ts';

const words: Record<WatchState['type'], { tone: 'neutral' | 'ok' | 'warn'; text: string }> = {
  connecting: { tone: 'neutral', text: 'Connecting' },
  live: { tone: 'ok', text: 'Live' },
  reconnecting: { tone: 'warn', text: 'Connecting again' },
  over: { tone: 'neutral', text: 'Over' },
};

/** The terminal of somebody else, as it is now. It takes no keys. */
export function WatchView({ sessionId, getTicket }: { sessionId: string; getTicket: GetWatchTicket }) {
  const host = useRef<HTMLDivElement>(null);
  const state = useWatch(host, { sessionId, getTicket });
  const { tone, text } = words[state.type];
  return (
    <section aria-label="Live session" className="overflow-hidden rounded-lg border border-line shadow-soft">
      <p role="status" className="flex items-center gap-2 border-b border-line bg-surface px-4 py-2 text-sm text-muted">
        <Badge tone={tone} icon={Eye}>
          {text}
        </Badge>
        {state.type === 'over'
          ? 'Nothing more is shown.'
          : 'You only watch: nothing that you type reaches the session.'}
      </p>
      {state.type === 'over' && (
        <div className="border-b border-line bg-surface p-3">
          <Banner>{state.sentence}</Banner>
        </div>
      )}
      <div className="bg-[#0b0d10] p-2">
        <section ref={host} aria-label="Screen" data-testid="watch-screen" className="min-h-40" />
      </div>
    </section>
  );
}

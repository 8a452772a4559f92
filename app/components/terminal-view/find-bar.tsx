'use client';

import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import type { TerminalScreen } from './terminal-screen.ts';

type FindBarProps = { screen: TerminalScreen; onClose: () => void };

/** Finds text on the screen and in what has scrolled away. Enter: next, Shift+Enter: previous, Escape: done. */
export function FindBar({ screen, onClose }: FindBarProps) {
  const [text, setText] = useState('');
  const [found, setFound] = useState({ index: -1, count: 0 });
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    field.current?.focus();
    const listening = screen.onFound(setFound);
    return () => {
      listening.dispose();
      screen.endFind();
    };
  }, [screen]);

  const find = (next: string) => {
    setText(next);
    if (next) screen.find(next, 'next', true);
    else screen.endFind();
  };

  return (
    <search className="absolute top-2 right-3 z-20 flex items-center gap-0.5 rounded-lg border border-line bg-raised py-1 pr-1 pl-2 shadow-float">
      <input
        ref={field}
        type="text"
        aria-label="Find in the terminal"
        placeholder="Find"
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => find(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
          else if (event.key === 'Enter' && text) screen.find(text, event.shiftKey ? 'previous' : 'next');
        }}
        className="w-40 bg-transparent px-1 py-0.5 text-sm outline-none placeholder:text-faint sm:w-52"
      />
      <output className="min-w-14 px-1 text-right text-xs text-muted tabular-nums">{foundText(text, found)}</output>
      <IconButton label="Previous match" icon={ChevronUp} onClick={() => screen.find(text, 'previous')} />
      <IconButton label="Next match" icon={ChevronDown} onClick={() => screen.find(text, 'next')} />
      <IconButton label="Close find" icon={X} onClick={onClose} />
    </search>
  );
}

function foundText(text: string, { index, count }: { index: number; count: number }): string {
  if (!text) return '';
  if (count === 0) return 'None';
  return index < 0 ? `${count}+` : `${index + 1} of ${count}`;
}

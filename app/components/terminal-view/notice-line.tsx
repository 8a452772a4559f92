'use client';

import { X } from 'lucide-react';
import { useEffect, useEffectEvent } from 'react';
import { IconButton } from '../ui/button.tsx';

const readableMs = 8000;

type NoticeLineProps = {
  text: string;
  onRead: () => void;
  /** Somebody pressed the button. */
  onDismiss: () => void;
};

/** A word from the gateway or the policy that passes by itself. */
export function NoticeLine({ text, onRead, onDismiss }: NoticeLineProps) {
  const read = useEffectEvent(onRead);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text starts the time anew
  useEffect(() => {
    const timer = setTimeout(() => read(), readableMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="absolute inset-x-3 bottom-3 z-20 mx-auto flex max-w-lg items-center gap-2 rounded-lg border border-line bg-raised py-1 pr-1 pl-3 text-ink shadow-float">
      <p role="status" className="min-w-0 flex-1">
        {text}
      </p>
      <IconButton label="Dismiss" icon={X} onClick={onDismiss} />
    </div>
  );
}

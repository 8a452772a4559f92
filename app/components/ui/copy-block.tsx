'use client';

import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from './button.tsx';

/** Lines to take away. Where the clipboard is not to be had, they are selected for Ctrl-C. */
export function CopyBlock({ label, text }: { label: string; text: string }) {
  const block = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState<string>();

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(text);
    } catch {
      if (block.current) getSelection()?.selectAllChildren(block.current);
    }
  };

  const isCopied = copied === text;
  return (
    <figure className="relative min-w-0 rounded-lg border border-line bg-sunken">
      <figcaption className="flex items-center justify-between gap-3 border-b border-line px-3 py-1.5 text-sm font-medium">
        {label}
        <Button size="small" icon={isCopied ? Check : Copy} onClick={copy} aria-live="polite">
          {isCopied ? 'Copied' : 'Copy'}
        </Button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section aria-label={label} tabIndex={0} className="overflow-x-auto px-3 py-2.5">
        <pre ref={block} className="font-mono text-sm">
          {text}
        </pre>
      </section>
    </figure>
  );
}

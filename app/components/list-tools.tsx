'use client';

import { SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './ui/button.tsx';
import { EmptyState } from './ui/empty-state.tsx';
import { SearchField } from './ui/search-field.tsx';

type ListToolsProps = {
  label: string;
  query: string;
  onQuery: (query: string) => void;
  shown: number;
  all: number;
  /** The main act on the list, where the page's header has no place for it. */
  action?: ReactNode;
};

/** Search above a list, and how much of it is shown. */
export function ListTools({ label, query, onQuery, shown, all, action }: ListToolsProps) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-3">
      <SearchField label={label} value={query} onChange={onQuery} />
      <p aria-live="polite" className="text-sm text-faint tabular-nums">
        {query && `${shown} of ${all}`}
      </p>
      {action && <div className="ml-auto">{action}</div>}
    </div>
  );
}

/** The list itself, or the word that nothing matches the search. */
export function Found({ shown, onClear, children }: { shown: number; onClear: () => void; children: ReactNode }) {
  if (shown > 0) return children;
  return (
    <EmptyState icon={SearchX} title="Nothing matches" action={<Button onClick={onClear}>Clear search</Button>}>
      Try fewer or other words.
    </EmptyState>
  );
}

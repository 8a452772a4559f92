'use client';

import { SearchX } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { SearchField } from '#app/components/ui/search-field.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { LivePicture } from './live-picture.tsx';

type Tile = { sessionId: string; person: string; computer: string; openedAt: string | null };

/** The pictures, each a link to its session. Only those that are shown are looked at. */
export function WallGrid({ tiles }: { tiles: readonly Tile[] }) {
  const [search, setSearch] = useState('');
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = tiles.filter(({ person, computer }) => {
    const text = `${person} ${computer}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <>
      <div className="mb-4">
        <SearchField label="Person or computer" value={search} onChange={setSearch} />
      </div>
      {shown.length === 0 && (
        <EmptyState icon={SearchX} title="Nothing matches">
          Try another name.
        </EmptyState>
      )}
      <ul aria-label="Running sessions" className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:grid-cols-2 xl:grid-cols-3">
        {shown.map(({ sessionId, person, computer, openedAt }) => (
          <li key={sessionId}>
            <Link
              href={`/sessions/${sessionId}/watch`}
              aria-label={`Watch ${person} on ${computer}`}
              className="block overflow-hidden rounded-lg border border-line bg-surface shadow-soft hover:border-accent"
            >
              <LivePicture sessionId={sessionId} />
              <span className="block px-3 py-2">
                <span className="block truncate">
                  <span className="font-medium">{person}</span> <span className="text-muted">on {computer}</span>
                </span>
                {openedAt && (
                  <span className="block text-sm text-muted">
                    Since <Time at={openedAt} />
                  </span>
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

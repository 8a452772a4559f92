import { Search } from 'lucide-react';
import Form from 'next/form';
import Link from 'next/link';
import { classNames } from '#app/components/ui/class-names.ts';
import { recordingFilters } from '#server/protocol/session-words.ts';
import { type ListQuery, listPath, recordingFilterTexts, stateFilters } from './list-query.ts';

/** Search and filters as plain links and a form: the list is found on the server, and works before any script. */
export function ListFilters({ query, seesAll }: { query: ListQuery; seesAll: boolean }) {
  const label = seesAll ? 'Search by person, computer or record' : 'Search by computer or record';
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
      <Form action="/sessions" role="search" className="relative w-full sm:w-80">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint"
        />
        {/* The key gives the field its new value when a link changed the address. */}
        <input
          key={query.search}
          type="search"
          name="q"
          aria-label={label}
          placeholder={label}
          defaultValue={query.search}
          className="control pl-8.5"
        />
        {query.state && <input type="hidden" name="state" value={query.state} />}
        {query.mode && <input type="hidden" name="mode" value={query.mode} />}
        {query.recording && <input type="hidden" name="recording" value={query.recording} />}
      </Form>
      <nav aria-label="Filter by state and recording" className="flex flex-wrap gap-1">
        {stateFilters.map(({ state, text }) => (
          <FilterLink
            key={text}
            href={listPath({ search: query.search, state, mode: query.mode })}
            isCurrent={!query.recording && state === query.state}
          >
            {text}
          </FilterLink>
        ))}
        <FilterLink
          href={listPath({ search: query.search, state: query.state, mode: query.mode ? undefined : 'AWS' })}
          isCurrent={query.mode === 'AWS'}
        >
          AWS
        </FilterLink>
        {seesAll &&
          recordingFilters.map((recording) => (
            <FilterLink
              key={recording}
              href={listPath({ search: query.search, recording })}
              isCurrent={query.recording === recording}
            >
              {recordingFilterTexts[recording]}
            </FilterLink>
          ))}
      </nav>
    </div>
  );
}

function FilterLink({ href, isCurrent, children }: { href: string; isCurrent: boolean; children: string }) {
  return (
    <Link
      href={href}
      aria-current={isCurrent ? 'true' : undefined}
      className={classNames(
        'rounded-md px-2.5 py-1 text-sm font-medium transition-colors pointer-coarse:py-2.5',
        isCurrent ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-hover hover:text-ink',
      )}
    >
      {children}
    </Link>
  );
}

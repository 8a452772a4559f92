import { CloudOff, Search, SearchX } from 'lucide-react';
import Form from 'next/form';
import Link from 'next/link';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import type { CallRow } from '#server/portal.ts';
import { type CallFilter, callFilters } from '#server/protocol/aws-words.ts';
import { plainText } from '#server/protocol/plain-text.ts';
import { callsText } from '../session-labels.ts';
import { Call } from './call.tsx';
import { groupByCommand } from './call-groups.ts';
import { type CallsQuery, callsPath } from './calls-query.ts';
import { ReportButtons } from './report-buttons.tsx';

type CallsSectionProps = { sessionId: string; query: CallsQuery; rows: readonly CallRow[]; next?: string };

/** What a session called on AWS, the latest first, calls of one command together. */
export function CallsSection({ sessionId, query, rows, next }: CallsSectionProps) {
  const isFiltered = Object.keys(query).length > 0;
  return (
    <section aria-labelledby="calls-title" className="mt-8">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id="calls-title" className="text-lg font-semibold">
          Calls
        </h2>
        <ReportButtons sessionId={sessionId} />
      </div>
      {(rows.length > 0 || isFiltered) && <Filters {...{ sessionId, query }} />}
      <p role="status" className="sr-only">
        {callsText(rows.length)} shown{next && ', and there are older ones'}
      </p>
      {rows.length === 0 && <NoCalls {...{ sessionId, isFiltered }} />}
      <ol aria-label="Calls by command" className="grid gap-4">
        {groupByCommand(rows).map(({ key, command, calls }) => (
          <li key={key} className="rounded-lg border border-line bg-surface shadow-soft">
            <h3 className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line px-4 py-2.5 text-sm">
              {command === null ? (
                <span className="text-muted">Of no command that is known</span>
              ) : (
                <code className="font-mono font-semibold wrap-anywhere">aws {plainText(command)}</code>
              )}
              <span className="text-muted">{callsText(calls.length)}</span>
            </h3>
            <ol className="divide-y divide-line">
              {calls.map((call) => (
                <Call key={call.id} call={call} />
              ))}
            </ol>
          </li>
        ))}
      </ol>
      <nav aria-label="Pages of the calls" className="mt-4 flex justify-between">
        {query.cursor ? (
          <ButtonLink href={callsPath(sessionId, { ...query, cursor: undefined })}>Latest</ButtonLink>
        ) : (
          <span />
        )}
        {next && <ButtonLink href={callsPath(sessionId, { ...query, cursor: next })}>Older</ButtonLink>}
      </nav>
    </section>
  );
}

function NoCalls({ sessionId, isFiltered }: { sessionId: string; isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState
        icon={SearchX}
        title="Nothing matches"
        action={<ButtonLink href={callsPath(sessionId, {})}>Show all calls</ButtonLink>}
      >
        Try another operation, resource, region or command.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={CloudOff} title="No calls yet">
      The first appears here within a second after it is made.
    </EmptyState>
  );
}

const filterText: Record<CallFilter, string> = { refused: 'Refused', failed: 'Failed', repeated: 'Seen before' };

function Filters({ sessionId, query }: { sessionId: string; query: CallsQuery }) {
  const label = 'Search by operation, resource, region or command';
  return (
    <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
      <Form action={`/sessions/${sessionId}`} role="search" className="relative w-full sm:w-96">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint"
        />
        <input
          key={query.search}
          type="search"
          name="q"
          aria-label={label}
          placeholder="Operation, resource, region or command"
          defaultValue={query.search}
          className="control pl-8.5"
        />
        {query.only && <input type="hidden" name="only" value={query.only} />}
      </Form>
      <nav aria-label="Filter the calls" className="flex flex-wrap gap-1">
        {[undefined, ...callFilters].map((only) => (
          <Link
            key={only ?? 'all'}
            href={callsPath(sessionId, { search: query.search, only })}
            aria-current={only === query.only ? 'true' : undefined}
            className={classNames(
              'rounded-md px-2.5 py-1 text-sm font-medium transition-colors pointer-coarse:py-2.5',
              only === query.only ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            {only ? filterText[only] : 'All'}
          </Link>
        ))}
      </nav>
    </div>
  );
}

import { ScrollText, SearchX } from 'lucide-react';
import type { Metadata } from 'next';
import { Banner } from '#app/components/ui/banner.tsx';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { type LogEntry, listLog, portalContext, sentenceOf } from '#server/portal.ts';
import { AuditFilters } from './audit-filters.tsx';
import { type AuditQuery, auditPath, readAuditQuery } from './audit-query.ts';
import { AuditTable } from './audit-table.tsx';

export const metadata: Metadata = { title: 'Audit' };

type AuditPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function AuditPage({ searchParams }: AuditPageProps) {
  const query = readAuditQuery(await searchParams);
  const actor = await currentActor(auditPath(query));
  const log = await listLog(await portalContext(), actor, query);
  const isFiltered = Object.keys(query.filters).length > 0;

  return (
    <>
      <PageHeader title="Audit">
        Who did what, and when. Nothing here can be changed, and reading it is written down too.
      </PageHeader>
      <AuditFilters filters={query.filters} isFiltered={isFiltered} mayExport={log.ok} />
      {/* What a filter that means nothing leads to is said; any other refusal is a page of its own. */}
      {!log.ok && log.code === 'invalid_input' ? (
        <Banner tone="danger" title="This part of the log cannot be shown">
          {sentenceOf(log)}
        </Banner>
      ) : (
        <LogPage query={query} {...pageValue(log)} />
      )}
    </>
  );
}

type LogRows = { rows: LogEntry[]; next?: string };

function LogPage({ query, rows, next }: LogRows & { query: AuditQuery }) {
  return (
    <>
      <p role="status" className="sr-only">
        {rows.length} events shown{next && ', and there are older ones'}
      </p>
      {rows.length > 0 ? <AuditTable rows={rows} /> : <NothingFound query={query} />}
      <nav aria-label="Pages of the log" className="mt-4 flex justify-between">
        {query.cursor ? (
          <ButtonLink href={auditPath({ filters: query.filters })} prefetch={false}>
            Latest
          </ButtonLink>
        ) : (
          <span />
        )}
        {next && (
          <ButtonLink href={auditPath({ ...query, cursor: next })} prefetch={false}>
            Older
          </ButtonLink>
        )}
      </nav>
    </>
  );
}

function NothingFound({ query: { filters, cursor } }: { query: AuditQuery }) {
  if (cursor) {
    return (
      <EmptyState icon={ScrollText} title="This is the beginning of the log">
        Nothing happened before.
      </EmptyState>
    );
  }
  const hasTimes = filters.from !== undefined || filters.until !== undefined;
  return (
    <EmptyState
      icon={SearchX}
      title="Nothing matches"
      action={
        <ButtonLink href="/audit" prefetch={false}>
          Show all
        </ButtonLink>
      }
    >
      {hasTimes ? 'Try a longer time; it is entered in UTC.' : 'Try fewer or other words.'}
    </EmptyState>
  );
}

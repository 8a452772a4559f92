import { Cloud, MonitorPlay, SearchX, ShieldCheck } from 'lucide-react';
import type { Metadata } from 'next';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listSessions, portalContext } from '#server/portal.ts';
import type { RecordingFilter } from '#server/protocol/session-words.ts';
import { ListFilters } from './list-filters.tsx';
import { type ListQuery, listPath, readListQuery } from './list-query.ts';
import { SessionTable } from './session-table.tsx';

export const metadata: Metadata = { title: 'Sessions' };

type SessionsPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function SessionsPage({ searchParams }: SessionsPageProps) {
  const query = readListQuery(await searchParams);
  const actor = await currentActor(listPath(query));
  const ctx = await portalContext();
  const { rows, next } = pageValue(await listSessions(ctx, actor, query));
  const seesAll = actor.person.roles.some((role) => role === 'auditor' || role === 'admin');
  const isFiltered =
    query.search !== undefined ||
    query.state !== undefined ||
    query.mode !== undefined ||
    query.recording !== undefined ||
    query.cursor !== undefined;

  return (
    <>
      <PageHeader title="Sessions">
        {seesAll ? 'Who worked where, when, and how it ended.' : 'Where you worked, when, and how it ended.'}
      </PageHeader>
      {(rows.length > 0 || isFiltered) && <ListFilters query={query} seesAll={seesAll} />}
      {rows.length > 0 ? (
        <SessionTable rows={rows} now={ctx.clock.now()} showPerson={seesAll} />
      ) : (
        <NoSessions query={query} isFiltered={isFiltered} seesAll={seesAll} />
      )}
      <nav aria-label="Pages of the list" className="mt-4 flex justify-between">
        {query.cursor ? <ButtonLink href={listPath({ ...query, cursor: undefined })}>Latest</ButtonLink> : <span />}
        {next && <ButtonLink href={listPath({ ...query, cursor: next })}>Older</ButtonLink>}
      </nav>
    </>
  );
}

const nothingOf: Record<RecordingFilter, { title: string; text: string }> = {
  unplayable: {
    title: 'Every recording can be played',
    text: 'Each one is read to its end when it is sealed. One that cannot be played would be listed here.',
  },
  held: {
    title: 'Nothing is on hold',
    text: 'Put a recording on hold on the page of its session, and nobody deletes it until two people agree.',
  },
  kept: {
    title: 'Everything was deleted in time',
    text: 'A recording whose time is over, and that is on hold or cannot be proven whole, would be listed here.',
  },
  deleted: {
    title: 'Nothing was deleted yet',
    text: 'Recordings are deleted when the time is over that their policy or the settings give them.',
  },
};

type NoSessionsProps = { query: ListQuery; isFiltered: boolean; seesAll: boolean };

function NoSessions({ query, isFiltered, seesAll }: NoSessionsProps) {
  const isOnlyRecording = !query.search && !query.state && !query.mode && !query.cursor;
  const nothing = query.recording && isOnlyRecording ? nothingOf[query.recording] : undefined;
  if (nothing) {
    return (
      <EmptyState
        icon={ShieldCheck}
        title={nothing.title}
        action={<ButtonLink href="/sessions">Show all sessions</ButtonLink>}
      >
        {nothing.text}
      </EmptyState>
    );
  }
  if (query.mode === 'AWS' && !query.search && !query.state && !query.cursor) {
    return (
      <EmptyState
        icon={Cloud}
        title="No calls to AWS yet"
        action={<ButtonLink href="/sessions">Show all sessions</ButtonLink>}
      >
        As soon as a program calls AWS through the proxy with an API token, its session is listed here.
      </EmptyState>
    );
  }
  if (isFiltered) {
    return (
      <EmptyState icon={SearchX} title="Nothing matches" action={<ButtonLink href="/sessions">Show all</ButtonLink>}>
        Try another name or another state.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={MonitorPlay}
      title="No sessions yet"
      action={<ButtonLink href="/">{seesAll ? 'To the shop' : 'Choose a computer'}</ButtonLink>}
    >
      {seesAll
        ? 'As soon as somebody connects to a computer, their session is listed here.'
        : 'As soon as you connect to a computer, your session is listed here.'}
    </EmptyState>
  );
}

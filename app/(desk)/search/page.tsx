import { SearchX, TextSearch } from 'lucide-react';
import type { Metadata } from 'next';
import { Banner } from '#app/components/ui/banner.tsx';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { portalContext, type SearchedRecordings, searchRecordings, sentenceOf } from '#server/portal.ts';
import { SearchForm } from './search-form.tsx';
import { SearchHits } from './search-hits.tsx';
import { readSearchQuery, type SearchQuery, searchPath } from './search-query.ts';

export const metadata: Metadata = { title: 'Search' };

export default async function SearchPage({ searchParams }: WithSearchParams) {
  const query = readSearchQuery(await searchParams);
  const actor = await currentActor(searchPath(query));
  const searched = await searchRecordings(await portalContext(), actor, query);
  return (
    <>
      <PageHeader title="Search">
        What stood on the screens of recorded sessions. Your own are left out, and what you search for is written down.
      </PageHeader>
      <SearchForm filters={query.filters} />
      {/* Words that mean nothing are said; any other refusal is a page of its own. */}
      {!searched.ok && searched.code === 'invalid_input' ? (
        <Banner tone="danger" title="This cannot be searched for">
          {sentenceOf(searched)}
        </Banner>
      ) : (
        <Results query={query} searched={pageValue(searched)} />
      )}
    </>
  );
}

function Results({ query, searched }: { query: SearchQuery; searched: SearchedRecordings }) {
  const { hits, next, unsearched } = searched;
  const { text } = query.filters;
  return (
    <>
      <Unsearched {...unsearched} />
      {text !== undefined && (
        <p role="status" className="sr-only">
          {hits.length} lines found{next && ', and there are earlier ones'}
        </p>
      )}
      {hits.length > 0 ? <SearchHits hits={hits} text={text ?? ''} /> : <NothingFound query={query} />}
      <nav aria-label="Pages of the search" className="mt-4 flex justify-between">
        {query.cursor ? (
          <ButtonLink href={searchPath({ filters: query.filters })} prefetch={false}>
            Latest
          </ButtonLink>
        ) : (
          <span />
        )}
        {next && (
          <ButtonLink href={searchPath({ ...query, cursor: next })} prefetch={false}>
            Earlier
          </ButtonLink>
        )}
      </nav>
    </>
  );
}

/** Says what a search cannot find, so that nobody takes that for absent. */
function Unsearched({ waiting, never }: SearchedRecordings['unsearched']) {
  if (waiting + never === 0) return null;
  return (
    <div className="mb-4">
      <Banner>
        {waiting > 0 && `${recordings(waiting)} not searched yet: their text is being gathered. `}
        {never > 0 && `${recordings(never)} not searched, because their text was never gathered. They can be played.`}
      </Banner>
    </div>
  );
}

function recordings(count: number): string {
  return count === 1 ? '1 recording is' : `${count >= 1000 ? '1000 or more' : count} recordings are`;
}

function NothingFound({ query: { filters, cursor } }: { query: SearchQuery }) {
  if (filters.text === undefined) {
    return (
      <EmptyState icon={TextSearch} title="Search what was on screen">
        Enter part of a line: a command, a file, a message. Passwords that Sallyport gave a session are masked.
      </EmptyState>
    );
  }
  if (cursor) {
    return (
      <EmptyState icon={SearchX} title="There is nothing earlier">
        All that was found is on the pages before.
      </EmptyState>
    );
  }
  const isNarrowed = Object.keys(filters).length > 1;
  return (
    <EmptyState
      icon={SearchX}
      title="Nothing matches"
      action={
        isNarrowed && (
          <ButtonLink href={searchPath({ filters: { text: filters.text } })} prefetch={false}>
            Search everywhere
          </ButtonLink>
        )
      }
    >
      {isNarrowed
        ? 'Nobody’s screen showed this within these limits.'
        : 'Try less of the line: it is found only where it stood exactly so, but for upper and lower case.'}
    </EmptyState>
  );
}

'use client';

import { ChevronLeft, ChevronRight, SearchX } from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type ReactNode, useEffect, useRef, useState, useTransition } from 'react';
import { cleanSearch, type ListQuery, type Page } from '#server/protocol/list-query.ts';
import { listHref, searching, shownRange, sortedBy } from './list-moves.ts';
import { Button, buttonClass } from './ui/button.tsx';
import { classNames } from './ui/class-names.ts';
import { EmptyState } from './ui/empty-state.tsx';
import { SearchField } from './ui/search-field.tsx';

const typingPauseMs = 250;

/** How the parts of a list's page move in it. Each move is an address, which the server answers with its rows. */
type ListMoves = {
  query: ListQuery;
  /** What stands in the search field: ahead of `query.search` while somebody types. */
  text: string;
  search: (text: string) => void;
  hrefOf: (page: number) => string;
  pending: boolean;
};

export type ListControl<Sort extends string> = ListMoves & {
  sortBy: (sort: Sort) => void;
  /** What a column needs to be sorted by its header: `{ key: 'name', header: 'Name', ...list.sorting('name') }`. */
  sorting: (sort: Sort) => { onSort: () => void; sorted?: 'ascending' | 'descending' };
};

/**
 * The list that the address of this page asks for. Searching waits for a pause in typing and replaces the address,
 * so that Back leaves the list; the page is not loaded anew, so that the focus stays.
 */
export function useListQuery<Sort extends string>(query: ListQuery<Sort>, byDefault: Sort): ListControl<Sort> {
  const router = useRouter();
  const path = usePathname();
  const params = useSearchParams();
  const [pending, startTransition] = useTransition();
  const [draft, setDraft] = useState<{ text: string; isSent: boolean }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  // The draft holds until the answer is there, and after that for as long as it says the same (with a space at its end).
  const isAhead = draft && (pending || !draft.isSent || cleanSearch(draft.text) === query.search);
  const text = isAhead ? draft.text : query.search;

  const go = (next: ListQuery<Sort>) => {
    clearTimeout(timer.current);
    setDraft((typed) => typed && { ...typed, isSent: true });
    startTransition(() => router.replace(listHref(path, params, next, byDefault), { scroll: false }));
  };
  const search = (typed: string) => {
    clearTimeout(timer.current);
    setDraft({ text: typed, isSent: false });
    timer.current = setTimeout(() => go(searching(query, typed)), typingPauseMs);
  };
  const sortBy = (sort: Sort) => go(sortedBy(searching(query, text), sort));
  const sorting = (sort: Sort) => {
    if (sort !== query.sort) return { onSort: () => sortBy(sort) };
    return { onSort: () => sortBy(sort), sorted: query.descending ? ('descending' as const) : ('ascending' as const) };
  };
  const hrefOf = (page: number) => listHref(path, params, { ...query, page }, byDefault);
  return { query, text, search, sortBy, sorting, hrefOf, pending };
}

type ListSearchProps = {
  list: ListMoves;
  /** As “Search people”. */
  label: string;
  total: number;
  /** What else stands above the list: filters, or an act where the page's header has no place for it. */
  children?: ReactNode;
};

/** Search above a list; how much was found is told to screen readers too. */
function ListSearch({ list, label, total, children }: ListSearchProps) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-3">
      <SearchField label={label} value={list.text} onChange={list.search} />
      <p aria-live="polite" className="text-sm text-faint tabular-nums">
        {list.query.search && !list.pending && `${total} found`}
      </p>
      {children}
    </div>
  );
}

type PagerProps = { list: Pick<ListMoves, 'hrefOf'>; page: Page<unknown>; label: string };

/** Which rows are shown, of how many, and links to the pages around. Nothing while there is one page. */
export function Pager({ list, page, label }: PagerProps) {
  const { page: current, pages } = page;
  if (pages === 1) return null;
  return (
    <nav aria-label={`Pages of ${label}`} className="mt-3 flex flex-wrap items-center justify-between gap-3">
      <p aria-live="polite" className="text-sm text-muted tabular-nums">
        {shownRange(page)}
      </p>
      <div className="flex items-center gap-2">
        <PageLink href={list.hrefOf(current - 1)} isOff={current === 1} label="Previous page">
          <ChevronLeft aria-hidden className="size-4" />
          Previous
        </PageLink>
        <span className="text-sm text-muted tabular-nums">
          Page {current} of {pages}
        </span>
        <PageLink href={list.hrefOf(current + 1)} isOff={current === pages} label="Next page">
          Next
          <ChevronRight aria-hidden className="size-4" />
        </PageLink>
      </div>
    </nav>
  );
}

type PageLinkProps = { href: string; isOff: boolean; label: string; children: ReactNode };

// Switched off it stays the element it was, so that whoever arrives at the last page keeps the focus.
function PageLink({ href, isOff, label, children }: PageLinkProps) {
  return (
    <Link
      href={href}
      prefetch={false}
      aria-label={label}
      aria-disabled={isOff || undefined}
      onClick={isOff ? (event) => event.preventDefault() : undefined}
      className={buttonClass('secondary', 'small', isOff ? 'cursor-default' : undefined)}
    >
      {children}
    </Link>
  );
}

type ListPageProps = {
  list: ListMoves;
  page: Page<unknown>;
  /** What the rows are, as “people”. */
  of: string;
  /** Shown instead of everything while there is nothing in the list at all: says what to do. */
  empty: ReactNode;
  /** Beside the search. */
  tools?: ReactNode;
  /** Something besides the search leaves rows out, so that none does not mean that there are none. */
  isFiltered?: boolean;
  children: ReactNode;
};

/** Search, the rows of one page, and the way to the others; or the word that there is nothing, or nothing like it. */
export function ListPage({ list, page, of, empty, tools, isFiltered = false, children }: ListPageProps) {
  const isAll = list.query.search === '' && list.text === '' && !isFiltered;
  if (page.total === 0 && isAll) return empty;
  return (
    <>
      <ListSearch list={list} label={`Search ${of}`} total={page.total}>
        {tools}
      </ListSearch>
      <div aria-busy={list.pending} className={classNames('transition-opacity', list.pending && 'opacity-60')}>
        {page.total > 0 ? children : <NothingFound onClear={list.text === '' ? undefined : () => list.search('')} />}
      </div>
      <Pager list={list} page={page} label={of} />
    </>
  );
}

function NothingFound({ onClear }: { onClear: (() => void) | undefined }) {
  return (
    <EmptyState
      icon={SearchX}
      title="Nothing matches"
      action={onClear && <Button onClick={onClear}>Clear search</Button>}
    >
      {onClear ? 'Try fewer or other words.' : 'Choose another filter.'}
    </EmptyState>
  );
}

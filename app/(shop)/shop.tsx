'use client';

import { Server } from 'lucide-react';
import Link from 'next/link';
import { ListPage, useListQuery } from '#app/components/list-page.tsx';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { classNames } from '#app/components/ui/class-names.ts';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import type { ListQuery, Page } from '#server/protocol/list-query.ts';
import { Help } from './connect-outcome.tsx';
import { Recent } from './recent.tsx';
import { type ShopComputer, ShopItem } from './shop-item.tsx';

type ShopProps = {
  query: ListQuery<'name'>;
  view: 'granted' | 'all';
  showsAll: boolean;
  page: Page<ShopComputer>;
  recent: readonly ShopComputer[];
  helpContact: string;
  personId: string;
  isAdministrator: boolean;
};

export function Shop({ query, view, showsAll, page, recent, ...about }: ShopProps) {
  const list = useListQuery(query, 'name');
  const { personId, helpContact } = about;
  return (
    <>
      {showsAll && <Views view={view} />}
      <Recent computers={recent} {...{ personId, helpContact }} />
      <ListPage list={list} page={page} of="computers" empty={<EmptyShop {...about} {...{ view, showsAll }} />}>
        <ul
          aria-label="Computers"
          className="divide-y divide-line rounded-lg border border-line bg-surface shadow-soft"
        >
          {page.rows.map((computer) => (
            <ShopItem key={computer.guid} computer={computer} {...{ personId, helpContact }} />
          ))}
        </ul>
      </ListPage>
    </>
  );
}

const views = [
  { view: 'granted', href: '/', label: 'Manage Access' },
  { view: 'all', href: '/?view=all', label: 'All computers' },
] as const;

/** Links and no tabs: each view is an address, with a search and pages of its own. */
function Views({ view: current }: { view: ShopProps['view'] }) {
  return (
    <nav aria-label="Views" className="mb-4 flex gap-5 overflow-x-auto border-b border-line">
      {views.map(({ view, href, label }) => (
        <Link
          key={view}
          href={href}
          aria-current={view === current ? 'page' : undefined}
          className={classNames(
            '-mb-px border-b-2 px-0.5 pb-2 font-medium whitespace-nowrap',
            view === current ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}

type EmptyShopProps = Pick<ShopProps, 'view' | 'showsAll' | 'helpContact' | 'isAdministrator'>;

function EmptyShop({ view, showsAll, helpContact, isAdministrator }: EmptyShopProps) {
  if (isAdministrator && view === 'all') {
    return (
      <EmptyState
        icon={Server}
        title="No computers yet"
        action={
          <ButtonLink href="/computers" look="primary">
            Add a computer
          </ButtonLink>
        }
      >
        Store a credential, add a computer, then grant it to a person or a group. It appears here for them.
      </EmptyState>
    );
  }
  if (view === 'all') {
    return (
      <EmptyState icon={Server} title="No computers yet">
        Nobody has added a computer. {helpContact && <Help contact={helpContact} />}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Server}
      title="No computers yet"
      action={showsAll && <ButtonLink href="/?view=all">See all computers</ButtonLink>}
    >
      Nobody has granted you a computer.{' '}
      {isAdministrator ? (
        'Give yourself or a group one under Grants.'
      ) : (
        <>Ask an administrator which one you need, and why. {helpContact && <Help contact={helpContact} />}</>
      )}
    </EmptyState>
  );
}

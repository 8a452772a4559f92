import type { Metadata } from 'next';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listShop, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { Shop } from './shop.tsx';

export const metadata: Metadata = { title: 'Shop' };

export default async function ShopPage({ searchParams }: WithSearchParams) {
  const params = await searchParams;
  const query = readListQuery(params, ['name']);
  const actor = await currentActor();
  const view = params.view === 'all' ? 'all' : 'granted';
  const shop = pageValue(await listShop(await portalContext(), actor, { ...query, view }));
  return (
    <>
      <PageHeader title="Computers">
        Choose where to work. You never see the password: Sallyport signs in for you.
      </PageHeader>
      <Shop {...shop} query={query} personId={actor.person.id} isAdministrator={actor.person.roles.includes('admin')} />
    </>
  );
}

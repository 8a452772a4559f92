import type { Metadata } from 'next';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listShop, portalContext } from '#server/portal.ts';
import { Shop } from './shop.tsx';

export const metadata: Metadata = { title: 'Shop' };

export default async function ShopPage() {
  const actor = await currentActor();
  const computers = pageValue(await listShop(await portalContext(), actor));
  return (
    <>
      <PageHeader title="Computers">
        Choose where to work. You never see the password: Sallyport signs in for you.
      </PageHeader>
      <Shop computers={computers} personId={actor.person.id} isAdministrator={actor.person.roles.includes('admin')} />
    </>
  );
}

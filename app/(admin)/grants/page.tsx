import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listGrants, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { grantSorts } from '#server/protocol/list-sorts.ts';
import { GrantsList } from './grants-list.tsx';

export const metadata: Metadata = { title: 'Grants' };

export default async function GrantsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, grantSorts);
  const actor = await currentActor();
  const ctx = await portalContext();
  return <GrantsList grants={pageValue(await listGrants(ctx, actor, query))} query={query} now={ctx.clock.now()} />;
}

import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listPolicies, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { policySorts } from '#server/protocol/list-sorts.ts';
import { PoliciesList } from './policies-list.tsx';

export const metadata: Metadata = { title: 'Policies' };

export default async function PoliciesPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, policySorts);
  const actor = await currentActor();
  return <PoliciesList policies={pageValue(await listPolicies(await portalContext(), actor, query))} query={query} />;
}

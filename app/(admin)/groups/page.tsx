import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listGroups, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { groupSorts } from '#server/protocol/list-sorts.ts';
import { GroupsList } from './groups-list.tsx';

export const metadata: Metadata = { title: 'Groups' };

export default async function GroupsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, groupSorts);
  const actor = await currentActor();
  return <GroupsList groups={pageValue(await listGroups(await portalContext(), actor, query))} query={query} />;
}

import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listAccessLevels, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { accessLevelSorts } from '#server/protocol/list-sorts.ts';
import { AccessLevelsList } from './access-levels-list.tsx';

export const metadata: Metadata = { title: 'Access levels' };

export default async function AccessLevelsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, accessLevelSorts);
  const actor = await currentActor();
  const levels = pageValue(await listAccessLevels(await portalContext(), actor, query));
  return <AccessLevelsList levels={levels} query={query} />;
}

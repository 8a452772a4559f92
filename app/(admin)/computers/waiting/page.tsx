import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { countWaitingTargets, listWaitingTargets, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { suspensionSorts } from '#server/protocol/list-sorts.ts';
import { ComputersHeader } from '../computers-header.tsx';
import { WaitingList } from './waiting-list.tsx';

export const metadata: Metadata = { title: 'Waiting for confirmation' };

export default async function WaitingPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, suspensionSorts);
  const [actor, ctx] = [await currentActor(), await portalContext()];
  const [targets, waiting] = await Promise.all([
    listWaitingTargets(ctx, actor, query),
    countWaitingTargets(ctx, actor),
  ]);
  return (
    <>
      <ComputersHeader waiting={pageValue(waiting)} />
      <WaitingList targets={pageValue(targets)} query={query} ownId={actor.person.id} />
    </>
  );
}

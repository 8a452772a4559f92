import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { countWaitingTargets, listComputers, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { computerSorts } from '#server/protocol/list-sorts.ts';
import { ComputersList } from './computers-list.tsx';

export const metadata: Metadata = { title: 'Computers' };

export default async function ComputersPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, computerSorts);
  const [actor, ctx] = [await currentActor(), await portalContext()];
  const [computers, waiting] = await Promise.all([listComputers(ctx, actor, query), countWaitingTargets(ctx, actor)]);
  return <ComputersList computers={pageValue(computers)} query={query} waiting={pageValue(waiting)} />;
}

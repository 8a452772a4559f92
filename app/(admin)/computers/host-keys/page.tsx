import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { countWaitingTargets, listHostKeys, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { hostKeySorts } from '#server/protocol/list-sorts.ts';
import { ComputersHeader } from '../computers-header.tsx';
import { HostKeysList } from '../host-keys-list.tsx';

export const metadata: Metadata = { title: 'Host keys' };

export default async function HostKeysPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, hostKeySorts);
  const [actor, ctx] = [await currentActor(), await portalContext()];
  const [hostKeys, waiting] = await Promise.all([listHostKeys(ctx, actor, query), countWaitingTargets(ctx, actor)]);
  return (
    <>
      <ComputersHeader waiting={pageValue(waiting)} />
      <HostKeysList hostKeys={pageValue(hostKeys)} query={query} />
    </>
  );
}

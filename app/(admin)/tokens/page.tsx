import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listApiTokens, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { apiTokenSorts } from '#server/protocol/list-sorts.ts';
import { TokensList } from './tokens-list.tsx';

export const metadata: Metadata = { title: 'Tokens' };

export default async function TokensPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, apiTokenSorts);
  const actor = await currentActor();
  const ctx = await portalContext();
  return <TokensList tokens={pageValue(await listApiTokens(ctx, actor, query))} query={query} now={ctx.clock.now()} />;
}

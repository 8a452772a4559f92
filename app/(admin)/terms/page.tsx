import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listTerms, portalContext, readTerms } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { termsSorts } from '#server/protocol/list-sorts.ts';
import { TermsList } from './terms-list.tsx';

export const metadata: Metadata = { title: 'Terms' };

export default async function TermsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, termsSorts);
  const actor = await currentActor();
  const ctx = await portalContext();
  const [versions, { terms }] = [pageValue(await listTerms(ctx, actor, query)), pageValue(await readTerms(ctx, actor))];
  return <TermsList versions={versions} query={query} textInForce={terms?.text} />;
}

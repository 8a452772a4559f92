import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listRecordTypes, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { recordTypeSorts } from '#server/protocol/list-sorts.ts';
import { RecordTypesList } from './record-types-list.tsx';

export const metadata: Metadata = { title: 'Record types' };

export default async function RecordTypesPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, recordTypeSorts);
  const actor = await currentActor();
  const types = pageValue(await listRecordTypes(await portalContext(), actor, query));
  return <RecordTypesList types={types} query={query} />;
}

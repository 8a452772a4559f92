import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listAwsRecords, listRecordForms, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { awsRecordSorts } from '#server/protocol/list-sorts.ts';
import { AwsRecordsList } from './aws-records-list.tsx';

export const metadata: Metadata = { title: 'AWS records' };

export default async function AwsRecordsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, awsRecordSorts);
  const actor = await currentActor();
  const ctx = await portalContext();
  const records = pageValue(await listAwsRecords(ctx, actor, query));
  const forms = pageValue(await listRecordForms(ctx, actor));
  const types = forms.filter(({ kind }) => kind === 'aws_access_key');
  return <AwsRecordsList records={records} query={query} types={types} />;
}

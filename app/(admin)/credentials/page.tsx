import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listCredentials, listRecordForms, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { credentialSorts } from '#server/protocol/list-sorts.ts';
import { CredentialsList } from './credentials-list.tsx';

export const metadata: Metadata = { title: 'Credentials' };

export default async function CredentialsPage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, credentialSorts);
  const actor = await currentActor();
  const ctx = await portalContext();
  const credentials = pageValue(await listCredentials(ctx, actor, query));
  const recordForms = pageValue(await listRecordForms(ctx, actor));
  return <CredentialsList credentials={credentials} query={query} recordForms={recordForms} />;
}

import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listTerms, portalContext } from '#server/portal.ts';
import { TermsList } from './terms-list.tsx';

export const metadata: Metadata = { title: 'Terms' };

export default async function TermsPage() {
  const actor = await currentActor();
  const versions = pageValue(await listTerms(await portalContext(), actor));
  return (
    <TermsList versions={versions.map((version) => ({ ...version, publishedAt: version.publishedAt.toISOString() }))} />
  );
}

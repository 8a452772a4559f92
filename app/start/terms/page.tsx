import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { claimsFromAddress } from '#app/components/connect-claims.ts';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { portalContext, readTerms } from '#server/portal.ts';
import { TermsFirst } from './terms-first.tsx';

export const metadata: Metadata = { title: 'Terms' };

export default async function TermsPage({ searchParams }: WithSearchParams) {
  const actor = await currentActor();
  const claims = claimsFromAddress(await searchParams, actor.person.id);
  const { terms } = pageValue(await readTerms(await portalContext(), actor));
  if (!terms || !claims) redirect('/');
  const { version, text, sha256 } = terms;
  return <TermsFirst terms={{ version, text, sha256 }} claims={claims} />;
}

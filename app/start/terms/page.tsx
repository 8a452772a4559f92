import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { currentActor, pageValue } from '#app/with-person.ts';
import { portalContext, readTerms } from '#server/portal.ts';
import { TermsFirst } from './terms-first.tsx';

export const metadata: Metadata = { title: 'Terms' };

type TermsPageProps = { searchParams: Promise<{ computer?: string; policy?: string }> };

export default async function TermsPage({ searchParams }: TermsPageProps) {
  const actor = await currentActor();
  const { computer, policy } = await searchParams;
  const { terms } = pageValue(await readTerms(await portalContext(), actor));
  if (!terms || typeof computer !== 'string' || typeof policy !== 'string') redirect('/');
  const { version, text, sha256 } = terms;
  const claims = { personId: actor.person.id, policyId: policy, computerGuid: computer };
  return <TermsFirst terms={{ version, text, sha256 }} claims={claims} />;
}

import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listPolicies, portalContext } from '#server/portal.ts';
import { PoliciesList } from './policies-list.tsx';

export const metadata: Metadata = { title: 'Policies' };

export default async function PoliciesPage() {
  const actor = await currentActor();
  return <PoliciesList policies={pageValue(await listPolicies(await portalContext(), actor))} />;
}

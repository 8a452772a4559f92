import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { getComputer, portalContext } from '#server/portal.ts';
import { ComputerPage } from './computer-page.tsx';

export const metadata: Metadata = { title: 'Computer' };

export default async function Page({ params }: { params: Promise<{ computerId: string }> }) {
  const { computerId } = await params;
  const actor = await currentActor();
  const id = /^[1-9]\d{0,15}$/.test(computerId) ? Number(computerId) : 0;
  return <ComputerPage detail={pageValue(await getComputer(await portalContext(), actor, id))} />;
}

import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { countWaitingTargets, portalContext } from '#server/portal.ts';
import { ComputersHeader } from '../computers-header.tsx';
import { ImportComputers } from './import-computers.tsx';

export const metadata: Metadata = { title: 'Import computers' };

export default async function ImportPage() {
  const [actor, ctx] = [await currentActor(), await portalContext()];
  return (
    <>
      <ComputersHeader waiting={pageValue(await countWaitingTargets(ctx, actor))} />
      <ImportComputers />
    </>
  );
}

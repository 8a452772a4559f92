import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listGroups, listPeople, portalContext } from '#server/portal.ts';
import { GroupsList } from './groups-list.tsx';

export const metadata: Metadata = { title: 'Groups' };

export default async function GroupsPage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const [groups, people] = await Promise.all([listGroups(ctx, actor), listPeople(ctx, actor)]);
  return <GroupsList groups={pageValue(groups)} people={pageValue(people)} />;
}

import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listPeople, portalContext } from '#server/portal.ts';
import { PeopleList } from './people-list.tsx';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage() {
  const actor = await currentActor();
  const people = pageValue(await listPeople(await portalContext(), actor));
  return <PeopleList people={people} ownId={actor.person.id} />;
}

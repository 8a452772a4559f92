import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listPeople, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { peopleSorts } from '#server/protocol/list-sorts.ts';
import { PeopleList } from './people-list.tsx';

export const metadata: Metadata = { title: 'People' };

export default async function PeoplePage({ searchParams }: WithSearchParams) {
  const query = readListQuery(await searchParams, peopleSorts);
  const actor = await currentActor();
  const people = pageValue(await listPeople(await portalContext(), actor, query));
  return <PeopleList people={people} query={query} ownId={actor.person.id} />;
}

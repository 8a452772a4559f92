import type { Metadata } from 'next';
import type { WithSearchParams } from '#app/search-params.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { type GroupId, getGroup, portalContext } from '#server/portal.ts';
import { readListQuery } from '#server/protocol/list-query.ts';
import { memberSorts } from '#server/protocol/list-sorts.ts';
import { GroupMembers } from './group-members.tsx';

export const metadata: Metadata = { title: 'Members of a group' };

type GroupPageProps = WithSearchParams & { params: Promise<{ groupId: GroupId }> };

export default async function GroupPage({ params, searchParams }: GroupPageProps) {
  const query = readListQuery(await searchParams, memberSorts);
  const { groupId } = await params;
  const actor = await currentActor();
  const { group, members } = pageValue(await getGroup(await portalContext(), actor, { groupId, query }));
  return <GroupMembers group={group} members={members} query={query} />;
}

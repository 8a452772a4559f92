import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listComputers, listGrants, listGroups, listPeople, listPolicies, portalContext } from '#server/portal.ts';
import { GrantsList } from './grants-list.tsx';

export const metadata: Metadata = { title: 'Grants' };

export default async function GrantsPage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const [grants, people, groups, computers, policies] = await Promise.all([
    listGrants(ctx, actor),
    listPeople(ctx, actor),
    listGroups(ctx, actor),
    listComputers(ctx, actor),
    listPolicies(ctx, actor),
  ]);
  const choices = {
    people: pageValue(people).filter((person) => !person.disabledAt),
    groups: pageValue(groups),
    computers: pageValue(computers),
    policies: pageValue(policies),
  };
  return <GrantsList grants={pageValue(grants)} choices={choices} now={ctx.clock.now()} />;
}

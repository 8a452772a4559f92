import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { getSession, portalContext, type SessionId } from '#server/portal.ts';
import { connectAgain, getTicket } from './actions.ts';
import { SessionTab } from './session-tab.tsx';

export const metadata: Metadata = { title: 'Session' };

type SessionPageProps = { params: Promise<{ sessionId: string }> };

export default async function SessionPage({ params }: SessionPageProps) {
  const { sessionId } = await params;
  const actor = await currentActor(`/session/${sessionId}`);
  const found = await getSession(await portalContext(), actor, { sessionId: sessionId as SessionId });
  const { id, computer, person, state, policy } = pageValue(found);
  return (
    <SessionTab
      sessionId={id}
      computer={{ guid: computer.guid, name: computer.name }}
      claims={{ personId: actor.person.id, policyId: policy.policyId, computerGuid: computer.guid }}
      recorded={policy.recording !== 'off'}
      isOpenable={state === 'requested' && person.id === actor.person.id}
      getTicket={getTicket}
      connectAgain={connectAgain}
    />
  );
}

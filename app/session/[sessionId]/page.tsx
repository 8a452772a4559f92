import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { currentActor, pageValue } from '#app/with-person.ts';
import { getSession, portalContext, type SessionId } from '#server/portal.ts';
import type { SessionState } from '#server/protocol/session-words.ts';
import { connectAgain, getTicket } from './actions.ts';
import { SessionTab } from './session-tab.tsx';

export const metadata: Metadata = { title: 'Session' };

type SessionPageProps = { params: Promise<{ sessionId: string }> };

export default async function SessionPage({ params }: SessionPageProps) {
  const { sessionId } = await params;
  const actor = await currentActor(`/session/${sessionId}`);
  const found = await getSession(await portalContext(), actor, { sessionId: sessionId as SessionId });
  const session = pageValue(found);
  const { id, computer, person, state, policy, credentialId, credentialKind } = session;
  // Calls to AWS have nothing to open in a tab, only something to look at.
  if (!computer) redirect(`/sessions/${id}`);
  const claims = { personId: actor.person.id, policyId: policy.policyId, computerGuid: computer.guid };
  const isOurs = credentialId !== null && credentialKind !== 'external';
  return (
    <SessionTab
      sessionId={id}
      computer={{ guid: computer.guid, name: computer.name }}
      // With the credential it had: Connect by itself may have another one, or none.
      claims={isOurs ? { ...claims, advanced: { credentialId } } : claims}
      recorded={policy.recording !== 'off'}
      standing={person.id === actor.person.id ? standingOf(state) : 'over'}
      getTicket={getTicket}
      connectAgain={connectAgain}
    />
  );
}

function standingOf(state: SessionState): 'waiting' | 'running' | 'over' {
  if (state === 'requested') return 'waiting';
  return state === 'active' ? 'running' : 'over';
}

import { ArrowLeft, Eye } from 'lucide-react';
import type { Metadata } from 'next';
import Link from 'next/link';
import { Badge } from '#app/components/ui/badge.tsx';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import {
  getEndSessionDelivery,
  getSession,
  lastProof,
  listCalls,
  mayWatch,
  portalContext,
  type SessionId,
} from '#server/portal.ts';
import { stateLabel } from '../session-labels.ts';
import { callsPath, readCallsQuery } from './calls-query.ts';
import { CallsSection } from './calls-section.tsx';
import { DeliverySection } from './delivery-section.tsx';
import { RecordingSection } from './recording-section.tsx';
import { RefreshWhileRunning } from './refresh-while-running.tsx';
import { SessionFacts } from './session-facts.tsx';
import { TerminateButton } from './terminate-button.tsx';

export const metadata: Metadata = { title: 'Session' };

type SessionPageProps = {
  params: Promise<{ sessionId: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function SessionPage({ params, searchParams }: SessionPageProps) {
  const { sessionId } = await params;
  const query = readCallsQuery(await searchParams);
  const actor = await currentActor(callsPath(sessionId, query));
  const ctx = await portalContext();
  const session = pageValue(await getSession(ctx, actor, { sessionId: sessionId as SessionId }));
  const delivery = pageValue(await getEndSessionDelivery(ctx, actor, { sessionId: session.id }));
  const proof = pageValue(await lastProof(ctx, actor, { sessionId: session.id }));
  const isWatchable = (await mayWatch(ctx, actor, { sessionId: session.id })).ok;
  const isOfCalls = session.mode === 'AWS';
  const calls = isOfCalls ? pageValue(await listCalls(ctx, actor, { sessionId: session.id, ...query })) : undefined;
  const { person, target, state } = session;
  const label = stateLabel(state);
  return (
    <>
      <Link href="/sessions" className="mb-3 inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-3.5" />
        Sessions
      </Link>
      <PageHeader
        title={`${person.name} on ${target}`}
        action={
          <div className="flex flex-wrap gap-2">
            {isWatchable && (
              <ButtonLink href={`/sessions/${session.id}/watch`} icon={Eye}>
                Watch live
              </ButtonLink>
            )}
            {session.mayTerminate && (
              <TerminateButton
                sessionId={session.id}
                person={person.name}
                target={target}
                isOfCalls={isOfCalls}
                isOwn={person.id === actor.person.id}
              />
            )}
          </div>
        }
      >
        <Badge tone={label.tone}>{label.text}</Badge>
      </PageHeader>
      <SessionFacts session={session} now={ctx.clock.now()} />
      {calls ? (
        <CallsSection sessionId={session.id} query={query} {...calls} />
      ) : (
        <RecordingSection session={session} lastProof={proof} />
      )}
      {delivery && <DeliverySection sessionId={session.id} apiUrl={session.apiUrl ?? ''} delivery={delivery} />}
      {(state !== 'ended' || delivery?.state === 'waiting') && <RefreshWhileRunning />}
    </>
  );
}

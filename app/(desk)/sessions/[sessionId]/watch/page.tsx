import { ArrowLeft } from 'lucide-react';
import type { Metadata } from 'next';
import Link from 'next/link';
import { Banner } from '#app/components/ui/banner.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { WatchView } from '#app/components/watch-view/watch-view.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { getSession, mayWatch, portalContext, type SessionId, sentenceOf } from '#server/portal.ts';
import { TerminateButton } from '../terminate-button.tsx';
import { getWatchTicket } from './actions.ts';

export const metadata: Metadata = { title: 'Watch' };

type WatchPageProps = { params: Promise<{ sessionId: string }> };

export default async function WatchPage({ params }: WatchPageProps) {
  const { sessionId } = await params;
  const actor = await currentActor(`/sessions/${sessionId}/watch`);
  const ctx = await portalContext();
  const session = pageValue(await getSession(ctx, actor, { sessionId: sessionId as SessionId }));
  const right = await mayWatch(ctx, actor, { sessionId: session.id });
  const { person, target } = session;
  return (
    <>
      <Link
        href={`/sessions/${session.id}`}
        className="mb-3 inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink"
      >
        <ArrowLeft aria-hidden className="size-3.5" />
        Session
      </Link>
      <PageHeader
        title={`${person.name} on ${target}`}
        action={
          session.mayTerminate && (
            <TerminateButton sessionId={session.id} person={person.name} target={target} isOwn={false} />
          )
        }
      />
      {right.ok ? (
        <WatchView sessionId={session.id} getTicket={getWatchTicket} />
      ) : (
        <Banner>{sentenceOf(right)}</Banner>
      )}
    </>
  );
}

import { Eye } from 'lucide-react';
import type { Metadata } from 'next';
import { ButtonLink } from '#app/components/ui/button.tsx';
import { EmptyState } from '#app/components/ui/empty-state.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listWall, portalContext } from '#server/portal.ts';
import { RefreshWhileRunning } from '../sessions/[sessionId]/refresh-while-running.tsx';
import { WallGrid } from './wall-grid.tsx';

export const metadata: Metadata = { title: 'Live wall' };

export default async function WallPage() {
  const actor = await currentActor('/wall');
  const { tiles, running, isCut } = pageValue(await listWall(await portalContext(), actor));
  return (
    <>
      <PageHeader title="Live wall">
        Sessions as they run, a picture every two seconds. That you look at them is written down.
        {isCut && ` The first ${tiles.length} of them are shown.`}
      </PageHeader>
      {tiles.length > 0 ? (
        <WallGrid tiles={tiles} />
      ) : (
        <EmptyState
          icon={Eye}
          title="Nothing to watch"
          action={<ButtonLink href="/sessions">To the sessions</ButtonLink>}
        >
          {running > 0
            ? 'Sessions run, but their policies do not let anybody watch them.'
            : 'No session runs at the moment. As soon as one does that may be watched, it is shown here.'}
        </EmptyState>
      )}
      <RefreshWhileRunning />
    </>
  );
}

'use client';

import { Banner } from '#app/components/ui/banner.tsx';
import { Button, buttonClass } from '#app/components/ui/button.tsx';
import { Time } from '#app/components/ui/time.tsx';
import { useAction } from '#app/components/use-action.ts';
import { seeNotice } from './actions.ts';

type Notice = { id: string; subject: { destroyed: number }; createdAt: Date };
type Waiting = { expiresAt: Date; path: string | null };

/** Tells of a reset: what it destroyed, and the way to a new master password while there is one. */
export function ResetNotice({ notice, waiting }: { notice?: Notice; waiting: Waiting | null }) {
  const { run, pending } = useAction(seeNotice);
  return (
    <div className="mb-6">
      <Banner tone="warn" title="An administrator reset your master password">
        {notice && (
          <p>
            This happened on <Time at={notice.createdAt} />. {destroyedWords(notice.subject.destroyed)}
          </p>
        )}
        {waiting && <WayOn waiting={waiting} />}
        <div className="mt-2.5 flex flex-wrap gap-2">
          {waiting?.path && (
            // A whole page load: what follows the # must be read afresh.
            <a href={waiting.path} className={buttonClass('primary', 'small')}>
              Choose a new master password
            </a>
          )}
          {notice && !waiting && (
            <Button size="small" pending={pending} onClick={() => run({ noticeId: notice.id })}>
              I have read this
            </Button>
          )}
        </div>
      </Banner>
    </div>
  );
}

function WayOn({ waiting: { path, expiresAt } }: { waiting: Waiting }) {
  if (!path) return <p>Your link has expired. Ask an administrator for a new one.</p>;
  return (
    <p>
      Your link works once, until <Time at={expiresAt} />.
    </p>
  );
}

function destroyedWords(count: number): string {
  if (count === 0) return 'You had no personal credentials, so nothing was lost.';
  return count === 1 ? 'Your personal credential was destroyed.' : `Your ${count} personal credentials were destroyed.`;
}

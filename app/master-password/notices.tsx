import { pageValue } from '#app/with-person.ts';
import { type Actor, findWaitingReset, listNotices, portalContext } from '#server/portal.ts';
import { ResetNotice } from './reset-notice.tsx';

/** What the person must be told, above every page until they have dealt with it. */
export async function Notices({ actor }: { actor: Actor }) {
  const ctx = await portalContext();
  const [notice] = pageValue(await listNotices(ctx, actor));
  const waiting = pageValue(await findWaitingReset(ctx, actor));
  if (!notice && !waiting) return null;
  return <ResetNotice notice={notice} waiting={waiting} />;
}

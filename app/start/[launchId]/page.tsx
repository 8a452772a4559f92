import type { Metadata } from 'next';
import { cookieHeader, currentActor } from '#app/with-person.ts';
import {
  type Actor,
  type EarlierLaunch,
  type LaunchId,
  portalContext,
  sentenceOf,
  unlockCookieOf,
  viewEarlierLaunch,
  viewLaunch,
} from '#server/portal.ts';
import { CloseButton, Expired } from '../close-tab.tsx';
import { Earlier } from './earlier.tsx';
import { Launch } from './launch.tsx';

export const metadata: Metadata = { title: 'Start a session' };

type StartPageProps = { params: Promise<{ launchId: string }> };

export default async function StartPage({ params }: StartPageProps) {
  const { launchId } = await params;
  const actor = await currentActor(`/start/${launchId}`);
  const ctx = await portalContext();
  const unlockCookie = unlockCookieOf(ctx, await cookieHeader());
  const found = await viewLaunch(ctx, actor, { launchId: launchId as LaunchId, unlockCookie });
  if (!found.ok && found.code === 'access_expired') return earlierOrExpired(actor, launchId as LaunchId);
  if (!found.ok) {
    return (
      <div role="alert">
        <h1 className="text-xl font-semibold">This session cannot be opened</h1>
        <p className="mt-1 mb-5 text-muted">{sentenceOf(found)}</p>
        <CloseButton />
      </div>
    );
  }
  const { terms, readyAt, computer, apiHost, isBuiltIn, ask } = found.value;
  const waitMs = Math.max(0, readyAt.getTime() - ctx.clock.now().getTime());
  const shown = terms && { version: terms.version, text: terms.text, sha256: terms.sha256 };
  return <Launch {...{ launchId, computer, apiHost, isBuiltIn, ask, waitMs }} terms={shown} />;
}

/** Whoever had to sign in on the way here is told so, and how to go on. */
async function earlierOrExpired(actor: Actor, launchId: LaunchId) {
  const earlier = await viewEarlierLaunch(await portalContext(), actor, { launchId });
  if (!earlier.ok) return <Expired />;
  const { computerName, again, origin } = earlier.value;
  return <Earlier computerName={computerName} origin={origin} claims={again && claimsOf(actor, again)} />;
}

function claimsOf(actor: Actor, { computerGuid, policyId, ...advanced }: NonNullable<EarlierLaunch['again']>) {
  return { personId: actor.person.id, computerGuid, policyId, advanced };
}

import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { HouseRulesProvider } from '#app/components/house-rules.tsx';
import { localPath } from '#app/local-path.ts';
import { currentVault } from '#app/master-password/unlock-cookie.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { findWaitingReset, portalContext, readHouseRules } from '#server/portal.ts';
import { FirstMasterPassword } from './first-master-password.tsx';

export const metadata: Metadata = { title: 'Master password' };

type SearchParams = Promise<{ next?: string | string[] }>;

/** The step after signing in. Whoever has a master password, or must use a link to get one, is sent on at once. */
export default async function MasterPasswordPage({ searchParams }: { searchParams: SearchParams }) {
  const actor = await currentActor();
  const { next } = await searchParams;
  const destination = localPath(typeof next === 'string' ? next : undefined);
  const { state } = await currentVault(actor);
  const ctx = await portalContext();
  if (state !== 'none' || pageValue(await findWaitingReset(ctx, actor))) redirect(destination);
  return (
    <>
      <h1 className="text-xl font-semibold">Choose a master password</h1>
      <div className="mt-1 mb-5 grid gap-2 text-muted">
        <p>
          It unlocks your work: you are asked for it before you connect, and it seals the credentials that are yours.
        </p>
        <p>Nobody else knows it or can look it up. If you forget it, your own credentials cannot be brought back.</p>
      </div>
      <HouseRulesProvider rules={await readHouseRules(ctx)}>
        <FirstMasterPassword destination={destination} email={actor.person.email} />
      </HouseRulesProvider>
    </>
  );
}

import type { Metadata } from 'next';
import { HouseRulesProvider } from '#app/components/house-rules.tsx';
import { currentActor } from '#app/with-person.ts';
import { portalContext, readHouseRules } from '#server/portal.ts';
import { ResetForm } from './reset-form.tsx';

export const metadata: Metadata = { title: 'New master password', referrer: 'no-referrer' };

export default async function ResetPage() {
  const { person } = await currentActor();
  return (
    <>
      <h1 className="text-xl font-semibold">Choose a new master password</h1>
      <p className="mt-1 mb-5 text-muted">
        For {person.name}. This link works once. Credentials of your own that you had before the reset are gone; you can
        add them again in your profile.
      </p>
      <HouseRulesProvider rules={await readHouseRules(await portalContext())}>
        <ResetForm email={person.email} />
      </HouseRulesProvider>
    </>
  );
}

import type { Metadata } from 'next';
import { HouseRulesProvider } from '#app/components/house-rules.tsx';
import { portalContext, readHouseRules } from '#server/portal.ts';
import { SetUpForm } from './set-up-form.tsx';

export const metadata: Metadata = { title: 'Set up', referrer: 'no-referrer' };

export default async function SetUpPage() {
  return (
    <>
      <h1 className="text-xl font-semibold">Set up Sallyport</h1>
      <p className="mt-1 mb-5 text-muted">You become the first administrator. Everyone else is added by you.</p>
      <HouseRulesProvider rules={await readHouseRules(await portalContext())}>
        <SetUpForm />
      </HouseRulesProvider>
    </>
  );
}

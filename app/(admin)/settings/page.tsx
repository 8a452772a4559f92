import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listSettings, portalContext } from '#server/portal.ts';
import { ParametersList } from './parameters-list.tsx';

export const metadata: Metadata = { title: 'Settings' };

export default async function SettingsPage() {
  const actor = await currentActor();
  return <ParametersList parameters={pageValue(await listSettings(await portalContext(), actor))} />;
}

import type { Metadata } from 'next';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listCredentials, portalContext } from '#server/portal.ts';
import { CredentialsList } from './credentials-list.tsx';

export const metadata: Metadata = { title: 'Credentials' };

export default async function CredentialsPage() {
  const actor = await currentActor();
  return <CredentialsList credentials={pageValue(await listCredentials(await portalContext(), actor))} />;
}

import type { Metadata } from 'next';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { Tabs } from '#app/components/ui/tabs.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listComputers, listCredentials, listHostKeys, portalContext } from '#server/portal.ts';
import { ComputersList } from './computers-list.tsx';
import { HostKeysList } from './host-keys-list.tsx';

export const metadata: Metadata = { title: 'Computers' };

export default async function ComputersPage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const [computers, credentials, hostKeys] = await Promise.all([
    listComputers(ctx, actor),
    listCredentials(ctx, actor),
    listHostKeys(ctx, actor),
  ]);
  const keys = pageValue(hostKeys);
  return (
    <>
      <PageHeader title="Computers">
        Where people can work, with which credential Sallyport signs in there, and which host key each one must show.
      </PageHeader>
      <Tabs
        label="Computers and host keys"
        tabs={[
          {
            value: 'computers',
            label: 'Computers',
            content: (
              <ComputersList computers={pageValue(computers)} credentials={pageValue(credentials)} hostKeys={keys} />
            ),
          },
          { value: 'host-keys', label: 'Host keys', content: <HostKeysList hostKeys={keys} /> },
        ]}
      />
    </>
  );
}

import type { Metadata } from 'next';
import { Banner } from '#app/components/ui/banner.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentVault } from '#app/master-password/unlock-cookie.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import { awsProxyUrl, listMyAwsRecords, listOwnApiTokens, portalContext, readAwsProxy } from '#server/portal.ts';
import { AwsGuide } from './aws-guide.tsx';

export const metadata: Metadata = { title: 'AWS' };

export default async function AwsPage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const { isOn, certificate } = pageValue(await readAwsProxy(ctx, actor));
  const vault = await currentVault(actor);
  return (
    <>
      <PageHeader title="AWS">
        Run aws, Terraform or your own programs as always. The proxy signs your calls with keys that nobody sees, and
        every call is noted.
      </PageHeader>
      {!isOn && (
        <div className="mb-6">
          <Banner tone="warn" title="The AWS proxy is switched off">
            Every call is refused until an administrator switches it on under Settings, Parameters.
          </Banner>
        </div>
      )}
      <AwsGuide
        records={pageValue(await listMyAwsRecords(ctx, actor))}
        tokens={pageValue(await listOwnApiTokens(ctx, actor))}
        certificate={certificate}
        proxy={awsProxyUrl()}
        hasMasterPassword={vault.state !== 'none'}
        now={ctx.clock.now()}
      />
    </>
  );
}

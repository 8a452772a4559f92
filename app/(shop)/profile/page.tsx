import type { Metadata } from 'next';
import { ProxyCertificate } from '#app/components/api-tokens/proxy-certificate.tsx';
import { TokensSection } from '#app/components/api-tokens/tokens-section.tsx';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentVault } from '#app/master-password/unlock-cookie.ts';
import { currentActor, pageValue } from '#app/with-person.ts';
import {
  findWaitingReset,
  listLogins,
  listMyAwsRecords,
  listOwnApiTokens,
  listPersonalCredentials,
  listRecordForms,
  portalContext,
  readAwsProxy,
} from '#server/portal.ts';
import { makeToken, revokeToken } from '../aws/actions.ts';
import { LoginsList } from './logins-list.tsx';
import { MasterPasswordSection } from './master-password-section.tsx';
import { MyCredentials } from './my-credentials.tsx';
import { PasswordForm } from './password-form.tsx';

export const metadata: Metadata = { title: 'Profile' };

export default async function ProfilePage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const logins = pageValue(await listLogins(ctx, actor));
  const credentials = pageValue(await listPersonalCredentials(ctx, actor));
  const recordForms = pageValue(await listRecordForms(ctx, actor));
  const vault = await currentVault(actor);
  const { certificate } = pageValue(await readAwsProxy(ctx, actor));
  const hasMasterPassword = vault.state !== 'none';
  const isReset = pageValue(await findWaitingReset(ctx, actor)) !== null;
  return (
    <>
      <PageHeader title={actor.person.name}>{actor.person.email}</PageHeader>
      <section aria-labelledby="my-credentials" className="mb-10">
        <h2 id="my-credentials" className="text-lg font-semibold">
          My credentials
        </h2>
        <p className="mb-3 text-muted">
          Passwords and keys of your own accounts. Only you can use them; an administrator sees how many there are.
        </p>
        <MyCredentials
          credentials={credentials}
          recordForms={recordForms}
          hasMasterPassword={hasMasterPassword}
          isUnlocked={vault.state === 'unlocked'}
        />
      </section>
      <section aria-labelledby="master-password" className="mb-10 max-w-md">
        <h2 id="master-password" className="text-lg font-semibold">
          Master password
        </h2>
        <MasterPasswordSection hasOne={hasMasterPassword} isReset={isReset} email={actor.person.email} />
      </section>
      <section aria-labelledby="tokens" className="mb-10">
        <h2 id="tokens" className="text-lg font-semibold">
          Tokens
        </h2>
        <p className="mb-3 text-muted">With a token your programs call AWS as you may, without its keys.</p>
        <TokensSection
          tokens={pageValue(await listOwnApiTokens(ctx, actor))}
          records={pageValue(await listMyAwsRecords(ctx, actor))}
          hasMasterPassword={hasMasterPassword}
          now={ctx.clock.now()}
          make={makeToken}
          revoke={revokeToken}
        />
      </section>
      <section aria-labelledby="certificate" className="mb-10">
        <h2 id="certificate" className="text-lg font-semibold">
          Preferences: certificate
        </h2>
        <p className="mb-3 text-muted">Programs that call AWS through Sallyport believe its proxy by it.</p>
        <ProxyCertificate certificate={certificate} />
      </section>
      <section aria-labelledby="logins" className="mb-10">
        <h2 id="logins" className="text-lg font-semibold">
          Sign-ins
        </h2>
        <p className="mb-3 text-muted">
          Where you are signed in. End what you do not recognise, then change your password.
        </p>
        <LoginsList logins={logins} now={ctx.clock.now()} />
      </section>
      <section aria-labelledby="password" className="max-w-md">
        <h2 id="password" className="mb-3 text-lg font-semibold">
          Password
        </h2>
        <PasswordForm email={actor.person.email} />
      </section>
    </>
  );
}

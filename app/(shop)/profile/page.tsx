import type { Metadata } from 'next';
import { PageHeader } from '#app/components/ui/page-header.tsx';
import { currentActor, pageValue } from '#app/with-person.ts';
import { listLogins, portalContext } from '#server/portal.ts';
import { LoginsList } from './logins-list.tsx';
import { PasswordForm } from './password-form.tsx';

export const metadata: Metadata = { title: 'Profile' };

export default async function ProfilePage() {
  const actor = await currentActor();
  const ctx = await portalContext();
  const logins = pageValue(await listLogins(ctx, actor));
  return (
    <>
      <PageHeader title={actor.person.name}>{actor.person.email}</PageHeader>
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

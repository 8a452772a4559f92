import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { localPath } from '#app/local-path.ts';
import { cookieHeader } from '#app/with-person.ts';
import { portalContext, whoIs } from '#server/portal.ts';
import { SignInForm } from './sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

type SearchParams = Promise<{ next?: string | string[] }>;

export default async function SignInPage({ searchParams }: { searchParams: SearchParams }) {
  const { next } = await searchParams;
  const destination = localPath(typeof next === 'string' ? next : undefined);
  const actor = await whoIs(await portalContext(), await cookieHeader());
  if (actor.ok) redirect(destination);
  return (
    <>
      <h1 className="mb-5 text-xl font-semibold">Sign in</h1>
      <SignInForm destination={destination} />
    </>
  );
}

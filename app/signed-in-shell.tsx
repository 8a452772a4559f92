import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { portalContext, whoIs } from '#server/portal.ts';
import { AppShell } from './components/app-shell.tsx';
import { themeCookie, themeOf } from './components/theme.ts';
import { cookieHeader } from './with-person.ts';

/**
 * The shell around whoever is asking, for layouts. It guards nothing: layouts are kept between pages and do not know the
 * address, so every page asks for its own actor and sends strangers to the sign-in page.
 */
export async function SignedInShell({ children }: { children: ReactNode }) {
  const actor = await whoIs(await portalContext(), await cookieHeader());
  if (!actor.ok) return children;
  const theme = themeOf((await cookies()).get(themeCookie)?.value);
  const { name, email, roles } = actor.value.person;
  return (
    <AppShell person={{ name, email, roles }} theme={theme}>
      {children}
    </AppShell>
  );
}

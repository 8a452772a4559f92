import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { AppShell } from './components/app-shell.tsx';
import { themeCookie, themeOf } from './components/theme.ts';
import { currentActor } from './with-person.ts';

/** The shell around whoever is asking. For layouts; a page still asks for its own actor, because layouts are kept. */
export async function SignedInShell({ children }: { children: ReactNode }) {
  const { person } = await currentActor();
  const theme = themeOf((await cookies()).get(themeCookie)?.value);
  return (
    <AppShell person={{ name: person.name, email: person.email, roles: person.roles }} theme={theme}>
      {children}
    </AppShell>
  );
}

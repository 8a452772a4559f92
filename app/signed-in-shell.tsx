import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { portalContext, readHouseRules } from '#server/portal.ts';
import { AppShell } from './components/app-shell.tsx';
import { HouseRulesProvider } from './components/house-rules.tsx';
import { themeCookie, themeOf } from './components/theme.ts';
import { DeskAlarms } from './desk-alarms.tsx';
import { Notices } from './master-password/notices.tsx';
import { currentVault } from './master-password/unlock-cookie.ts';
import { VaultLock } from './master-password/vault-lock.tsx';
import { currentActor } from './with-person.ts';

/**
 * The shell around whoever is asking, for layouts. It turns strangers away before anything is streamed; but layouts are
 * kept between pages, so every page asks for its own actor as well.
 */
export async function SignedInShell({ children }: { children: ReactNode }) {
  const actor = await currentActor();
  const theme = themeOf((await cookies()).get(themeCookie)?.value);
  const { name, email, roles } = actor.person;
  const rules = await readHouseRules(await portalContext());
  return (
    <HouseRulesProvider rules={rules}>
      <AppShell person={{ name, email, roles }} theme={theme} vault={<VaultLock vault={await currentVault(actor)} />}>
        <Notices actor={actor} />
        <DeskAlarms actor={actor} />
        {children}
      </AppShell>
    </HouseRulesProvider>
  );
}

import type { Page } from '@playwright/test';
import type { SessionId } from '../../server/ids.ts';
import { masterPassword } from '../../server/vault/testing/master-password.ts';
import { arrange, test as base, type House, openHouse } from '../test.ts';
import { type CredentialAnswer, exampleAnswer, IdentityStandIn } from './identity-stand-in.ts';
import { actorIn, type LaunchForm } from './launch-forms.ts';
import { LaunchPage, TerminalPage } from './pages.ts';

/** Addresses of this machine that the gateway may dial, besides 127.0.0.1 at the ports of our hosts. */
const elsewhere = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7'];

type Fixtures = { arrive(credential: Asked, more?: Arrival): Promise<Arrived> };
export type Asked = Parameters<IdentityStandIn['form']>[1];
type Arrival = { ending?: Asked; policy?: Parameters<typeof arrange>[1] };
type Arrived = Awaited<ReturnType<typeof arrange>> & { page: Page; launch: LaunchPage; form: LaunchForm };

/** A house of its own beside an identity system elsewhere, and launches from there that wait for a password. */
export const test = base.extend<Fixtures, { api: IdentityStandIn }>({
  api: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures that are asked for
    async ({}, use) => {
      const api = await IdentityStandIn.open();
      await use(api);
      await api.close();
    },
    { scope: 'worker' },
  ],
  house: [
    async ({ api }, use) => {
      const allowTargets = [`localhost:${api.port}`, ...elsewhere];
      const house = await openHouse({ allowTargets, env: { ...api.environment, ALLOW_QUERY_LAUNCH: 'true' } });
      await use(house);
      await house.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  arrive: async ({ house, api, browserOf, foreign }, use) => {
    await use(async (credential, { ending, policy } = {}) => {
      const arranged = await arrange(house, policy);
      const page = await browserOf(arranged.person);
      const { login } = await actorIn(page, house.admin.ctx);
      const about = { computerId: arranged.computer.id, loginSessionId: login.id };
      const form = api.form(about, credential, ending);
      await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields: form });
      const launch = new LaunchPage(page);
      await launch.arrived();
      return { ...arranged, page, launch, form };
    });
  },
});

/** An answer that leads to the open host, whose key is pinned for `arrange`d computers. */
export function atOpenHost({ account, hosts }: House, change: Partial<CredentialAnswer> = {}) {
  const body: CredentialAnswer = {
    ...exampleAnswer,
    IsPasswordSSHKey: true,
    UserName: account.name,
    Password: account.privateKey,
    Server: '127.0.0.1',
    Server2: null,
    GatewayServerDNSHostName: null,
    ManagementPort: hosts.open.port,
    ...change,
  };
  return { status: 200, body };
}

/** Gives the master password, and waits for the terminal. */
export async function openArrived({ launch }: Arrived): Promise<TerminalPage> {
  await launch.open(masterPassword);
  const terminal = new TerminalPage(launch.page);
  await terminal.open();
  return terminal;
}

/** Ends a session as its person does; answers its id. */
export async function leave(terminal: TerminalPage): Promise<SessionId> {
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');
  return terminal.sessionId as SessionId;
}

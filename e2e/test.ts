import { type BrowserContext, type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';
import type { PrivateSshd } from '../server/demo/private-sshd.ts';
import { terminalProblem } from '../server/demo/terminals.ts';
import type { Role } from '../server/protocol/session-words.ts';
import { Stack, type StackOptions } from './stack.ts';
import { Account, isRoot } from './testbed/account.ts';
import { Administration } from './testbed/administration.ts';
import { ForeignSite } from './testbed/foreign-site.ts';
import { signIn } from './testbed/pages.ts';
import { type Login, Visitor } from './testbed/visitor.ts';
import { Watch } from './testbed/watch.ts';

export { expect };

export type Hosts = {
  /** By key, and by password where root runs the tests. */
  open: PrivateSshd;
  /** Asks for the password by keyboard-interactive; only where root runs the tests. */
  interactive: PrivateSshd | undefined;
  /** Its host key may be changed by a test. */
  moody: PrivateSshd;
};

/** A running demo beside hosts of the tests' own, with somebody to administer it. */
export type House = {
  account: Account;
  hosts: Hosts;
  stack: Stack;
  admin: Administration;
  /** A demo login by its role. */
  login(role: Role): Login;
  visitor(login: Login): Promise<Visitor>;
  close(): Promise<void>;
};

/** Opens a house of its own, for tests that break things. Its own hosts may always be dialled. */
export async function openHouse(options: StackOptions = {}): Promise<House> {
  const problem = terminalProblem();
  if (problem) throw new Error(`On this machine ${problem}`);
  const account = await Account.prepare();
  const undo: (() => Promise<void>)[] = [() => account.remove()];
  const close = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const [open, moody, interactive] = await Promise.all([
      account.host('open'),
      account.host('moody'),
      isRoot ? account.host('interactive', { passwords: false, keyboardInteractive: true }) : undefined,
    ]);
    const hosts = { open, moody, interactive };
    const own = Object.values(hosts).flatMap((host) => (host ? [`127.0.0.1:${host.port}`] : []));
    const allowTargets = [...own, ...(options.allowTargets ?? [])];
    const stack = await Stack.start({ ...options, allowTargets });
    undo.push(() => stack.stop());
    const ctx = await stack.context();
    undo.push(() => ctx.connection.close());
    const login = (role: Role) => stack.demo.people.find((person) => person.role === role) as Login;
    const visitor = (who: Login) => Visitor.signIn({ baseUrl: stack.baseUrl, ctx, dataDir: stack.dataDir }, who);
    const admin = new Administration(ctx, await (await visitor(login('admin'))).actor(), account);
    return { account, hosts, stack, admin, login, visitor, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A new person with a right on a new computer at the open host. */
export async function arrange({ admin, hosts }: House, policy: Parameters<Administration['grant']>[2] = {}) {
  const person = await admin.person();
  const computer = await admin.computer(hosts.open);
  const grantId = await admin.grant(person, computer, policy);
  return { person, computer, grantId };
}

type WorkerFixtures = { house: House };
type TestFixtures = {
  /** Undoes something after the test, once its browsers are closed; the last first. */
  later(undo: () => Promise<void>): void;
  watch: Watch;
  /** A browser of its own for somebody, signed in already. */
  browserOf(login: Login, options?: BrowserContextOptions): Promise<Page>;
  /** A browser of its own for somebody who is not signed in. */
  newBrowser(baseURL: string, options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A browser of its own in which somebody signed in through the form: its cookies are as the program set them. */
  signedIn(login: Login): Promise<Page>;
  /** A web site of somebody else. */
  foreign: ForeignSite;
};

export const test = base.extend<TestFixtures, WorkerFixtures>({
  house: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures that are asked for
    async ({}, use) => {
      const house = await openHouse();
      await use(house);
      await house.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: as above
  later: async ({}, use) => {
    const undo: (() => Promise<void>)[] = [];
    await use((step) => void undo.push(step));
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above
  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect(watch.problems, 'problems that pages reported').toEqual([]);
  },

  newBrowser: async ({ browser, watch, later: _closedBefore }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (baseURL, options = {}) => {
      const context = await browser.newContext({ baseURL, ...options });
      contexts.push(context);
      await watch.over(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  browserOf: async ({ house, newBrowser }, use) => {
    await use(async (login, options) => {
      const visitor = await house.visitor(login);
      const url = house.stack.baseUrl;
      const context = await newBrowser(url, options);
      const cookies = visitor.cookie.split('; ').map((pair) => ({
        name: pair.slice(0, pair.indexOf('=')),
        value: pair.slice(pair.indexOf('=') + 1),
        url,
      }));
      await context.addCookies(cookies);
      return context.newPage();
    });
  },

  signedIn: async ({ house, newBrowser }, use) => {
    await use(async (login) => {
      const page = await (await newBrowser(house.stack.baseUrl)).newPage();
      await signIn(page, login);
      return page;
    });
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above
  foreign: async ({}, use) => {
    const site = await ForeignSite.open();
    await use(site);
    await site.close();
  },
});

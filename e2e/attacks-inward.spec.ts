/**
 * Nobody reaches through the gateway what lies behind it: not by an address, not by a name that turns inward after it was
 * looked at, not by naming an identity API there. The address that was judged is the one that is dialled, so what
 * listens inside does not see a single connection, and no secret is sent.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../server/demo/private-sshd.ts';
import type { ComputerGuid } from '../server/ids.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, test as base, expect, type House, openHouse } from './test.ts';
import { auditOf } from './testbed/evidence.ts';
import { Forwarder } from './testbed/forwarder.ts';
import { actorIn, madeUpForm } from './testbed/launch-forms.ts';
import { LaunchPage } from './testbed/pages.ts';
import type { Visitor } from './testbed/visitor.ts';

/** An address of this machine where nobody may be dialled. */
const inside = '127.0.0.9';

class HostileNames {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sp-e2e-names-'));
  readonly #names: Record<string, string[][]> = {};

  get environment(): Record<string, string> {
    this.#write();
    const hook = new URL('./testbed/hostile-names.mjs', import.meta.url).href;
    return { NODE_OPTIONS: `--import=${hook}`, NAMES_FILE: this.#file };
  }

  /** What a name resolves to: one list of addresses for each question, the last one for all that follow. */
  answer(name: string, ...answers: string[][]): string {
    this.#names[name] = answers;
    this.#write();
    return name;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #file(): string {
    return join(this.#folder, 'names.json');
  }

  #write(): void {
    writeFileSync(this.#file, JSON.stringify(this.#names));
  }
}

type Inner = { names: HostileNames; apiPort: number; house: House };

const apiName = 'api.inside.example';

const test = base.extend<{ canary: Forwarder }, Inner>({
  names: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures that are asked for
    async ({}, use) => {
      const names = new HostileNames();
      await use(names);
      names.remove();
    },
    { scope: 'worker' },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  apiPort: [async ({}, use) => use(await freePort()), { scope: 'worker' }],
  house: [
    async ({ names, apiPort }, use) => {
      const urls = [
        `https://${apiName}:${apiPort}`,
        'https://169.254.169.254',
        `https://[::ffff:${inside}]:${apiPort}`,
      ];
      const house = await openHouse({ env: { ...names.environment, API_URLS: urls.join(',') } });
      await use(house);
      await house.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  canary: async ({ house, later }, use) => {
    const canary = await Forwarder.open(inside, house.hosts.open.port);
    later(() => canary.close());
    await use(canary);
    expect(canary.connections, 'connections to what is inside').toBe(0);
  },
});

/** Opens a session as far as it goes; answers how it ended, or that it did not. */
async function attempt(visitor: Visitor, guid: ComputerGuid): Promise<string> {
  const sessionId = await visitor.request(guid);
  const terminal = visitor.socket(await visitor.ticket(sessionId));
  await terminal.opened();
  terminal.resize(80, 24);
  const ended = terminal.ended().then(({ reason }) => String(reason));
  const opened = terminal.control('opened').then(
    () => 'opened',
    () => ended,
  );
  const outcome = await Promise.race([opened, ended]);
  terminal.close();
  await ended;
  return outcome;
}

async function aVisitorOf({ admin, hosts, ...house }: House, server: string) {
  const person = await admin.person();
  const computer = await admin.computer(hosts.open, { server });
  await admin.pin(hosts.open, server);
  await admin.grant(person, computer);
  return { visitor: await house.visitor(person), guid: computer.guid };
}

test('a name that turns inward between two questions is not followed', async ({ house, names, canary }) => {
  const server = names.answer('turns.example', ['127.0.0.1'], [canary.address]);
  const { visitor, guid } = await aVisitorOf(house, server);
  expect(await attempt(visitor, guid)).toBe('opened');
  expect(await attempt(visitor, guid)).toBe('refused_target');
});

test('of the addresses of a name only those are dialled that may be', async ({ house, names, canary }) => {
  const server = names.answer('mixed.example', [canary.address, '169.254.169.254', '127.0.0.1']);
  const { visitor, guid } = await aVisitorOf(house, server);
  expect(await attempt(visitor, guid)).toBe('opened');
});

const disguises: Record<string, string> = {
  loopback: inside,
  'the metadata service': '169.254.169.254',
  'the metadata service of another cloud': 'fd00:ec2::254',
  'loopback of IPv6': '::1',
  'loopback inside IPv6': `::ffff:${inside}`,
  'loopback through NAT64': '64:ff9b::7f00:9',
  'loopback through 6to4': '2002:7f00:9::1',
  'no address at all': '0.0.0.0',
  'a link-local address': 'fe80::1',
};

for (const [what, address] of Object.entries(disguises)) {
  test(`${what}, as a name and as an address, is not dialled`, async ({ house, names, canary }) => {
    expect(canary.connections).toBe(0);
    const name = names.answer(`name-${Object.values(disguises).indexOf(address)}.example`, [address]);
    for (const server of [name, address]) {
      const { visitor, guid } = await aVisitorOf(house, server);
      expect(await attempt(visitor, guid), server).toBe('refused_target');
    }
  });
}

test('the port of the gateway itself is not dialled, under no name of it', async ({ house, names, canary }) => {
  expect(canary.connections).toBe(0);
  for (const server of ['127.0.0.1', names.answer('ourselves.example', ['127.0.0.1']), 'localhost']) {
    const { admin } = house;
    const person = await admin.person();
    const computer = await admin.computer(house.hosts.open, { server, port: house.stack.port });
    await admin.grant(person, computer);
    expect(await attempt(await house.visitor(person), computer.guid), server).toBe('refused_target');
  }
});

test('the refusal names the address and is written down, and says nothing of what listens there', async ({
  house,
  names,
  canary,
}) => {
  const server = names.answer('told.example', [canary.address]);
  const { visitor, guid } = await aVisitorOf(house, server);
  const sessionId = await visitor.request(guid);
  const terminal = visitor.socket(await visitor.ticket(sessionId));
  await terminal.opened();
  terminal.resize(80, 24);
  const { detail } = await terminal.ended();
  expect(detail).toBe(`${inside} port ${house.hosts.open.port} is the gateway itself (loopback).`);
  const [ended] = await auditOf(house.admin.ctx, sessionId, 'session.ended');
  expect(ended?.subject).toMatchObject({ reason: 'refused_target' });
});

test('an identity API whose name leads inside is not told the master password', async ({
  house,
  names,
  apiPort,
  signedIn,
  foreign,
  later,
}) => {
  const listener = await Forwarder.open(inside, apiPort);
  later(() => listener.close());
  names.answer(apiName, [inside]);
  const apis = [`https://${apiName}:${apiPort}`, 'https://169.254.169.254', `https://[::ffff:7f00:9]:${apiPort}`];
  for (const apiUrl of apis) {
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const { login } = await actorIn(page, house.admin.ctx);
    const fields = { ...madeUpForm(apiUrl), ComputerID: String(computer.id), LoginSessionID: login.id };
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    const launch = new LaunchPage(page);
    await launch.arrived();
    await launch.open(masterPassword);
    await expect(page.getByTestId('launch-failed'), apiUrl).toContainText('gave no answer that can be used');
    await expect(page.getByTestId('launch-failed')).not.toContainText(inside);
  }
  expect(listener.connections).toBe(0);
});

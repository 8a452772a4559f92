/**
 * An identity system elsewhere takes the place of ours: it is asked over https, once, with the headers and the body of
 * the contract, and what it answers decides what the person sees. A session goes to the first of its servers that can be
 * connected to; once a host has shown its key, or refused the account, it goes to no other. What it says of recording
 * can only tighten our policy.
 */
import type { SessionId } from '../server/ids.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House } from './test.ts';
import type { Host } from './testbed/administration.ts';
import { type Asked, atOpenHost, leave, openArrived, test } from './testbed/elsewhere.ts';
import { sessionOf, untilEnded } from './testbed/evidence.ts';
import { Forwarder } from './testbed/forwarder.ts';
import { type Call, exampleAnswer } from './testbed/identity-stand-in.ts';
import { actorIn } from './testbed/launch-forms.ts';
import { LaunchPage, TerminalPage } from './testbed/pages.ts';

/** The session that came of a launch, which its person may never have seen. */
async function sessionFor({ admin }: House, personId: string): Promise<SessionId> {
  const [row] = await admin.ctx.connection.sql<
    { id: SessionId }[]
  >`select id from sessions where person_id = ${personId}`;
  if (!row) throw new Error('There is no session.');
  return row.id;
}

test.describe('getcredential', () => {
  test('is asked once, as documented, by name of the system that is told the password', async ({
    house,
    api,
    arrive,
  }) => {
    const { account } = house;
    const arrived = await arrive(atOpenHost(house, { Notes: 'Ask <b>Ada</b> before you restart it.\nThank you.' }));
    const { page, form, computer } = arrived;
    await expect(page.getByRole('heading')).toHaveText(`Connect to ${computer.name}`);
    await expect(page.getByTestId('api-host')).toContainText(new URL(api.url).host);
    await expect(page.getByTestId('api-host')).toContainText('Another system, which is told your password');
    expect(api.calls(form, 'getcredential')).toEqual([]);

    const terminal = await openArrived(arrived);
    await terminal.line('echo at-$(id -un)');
    await terminal.shows(`at-${account.name}`);
    await expect(page.getByTestId('session-notes')).toContainText('Ask <b>Ada</b> before you restart it.');
    const calls = api.calls(form, 'getcredential');
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${form.ApiKey}`,
      apiapplicationkey: form.ApiApplicationKey,
      'content-type': 'application/json',
      host: new URL(api.url).host,
    });
    for (const ours of ['cookie', 'sallyport-assertion', 'x-forwarded-for']) {
      expect(calls[0]?.headers).not.toHaveProperty(ours);
    }
    expect(calls[0]?.body).toEqual({
      computer: form.ComputerID,
      credential: form.CredentialID,
      password: masterPassword,
      mode: 'SSH',
      session: terminal.sessionId,
      loginsessionid: form.LoginSessionID,
    });
    await leave(terminal);
  });

  test('that is answered as the documented example: a session to its servers, which are not to be reached', async ({
    house,
    arrive,
  }) => {
    // Names that no name server knows, in the place of those of the example, which belong to somebody.
    const servers = { Server: 'ServerName.domain.invalid', Server2: '192.168.X.X' };
    const { launch } = await arrive({ status: 200, body: { ...exampleAnswer, ...servers } });
    await launch.open(masterPassword);
    await launch.page.waitForURL(/\/session\//);
    const terminal = new TerminalPage(launch.page);
    await expect(terminal.end).toBeVisible({ timeout: 40_000 });
    expect(await terminal.ended('unreachable')).toContain('192.168.x.x');
    expect(await sessionOf(house.admin.ctx, terminal.sessionId as SessionId)).toMatchObject({ state: 'ended' });
  });

  test('that says the master password is wrong, with and without a code: asked again, then in', async ({
    house,
    api,
    arrive,
  }) => {
    const right = atOpenHost(house);
    const refusals = [
      { status: 401, body: { error: 'invalid_master_password' } },
      { status: 401, body: { error: { code: 'invalid_master_password', message: 'No.' } } },
      { status: 401 },
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: 'Unauthorized' },
    ];
    const arrived = await arrive(({ body }: Call) =>
      body.password === masterPassword ? right : (refusals.shift() ?? right),
    );
    const { page, launch, form } = arrived;
    for (let n = 1; n <= 4; n += 1) {
      await launch.open(`wrong ${n}`);
      await expect(page.getByRole('alert').filter({ hasText: 'This is not your master password.' })).toBeVisible();
      await api.called(form, 'getcredential', n);
    }
    await leave(await openArrived(arrived));
    const sessions = api.calls(form, 'getcredential').map(({ body }) => body.session);
    expect(sessions).toHaveLength(5);
    expect(new Set(sessions).size).toBe(1);
  });

  for (const [how, said] of [
    ['by its code', { status: 401, body: { error: 'access_token_expired' } }],
    ['by its header', { status: 401, headers: { 'www-authenticate': 'Bearer realm="x", error="invalid_token"' } }],
  ] as const) {
    test(`that says the token has expired, ${how}: the tab is cleared and says where to start again`, async ({
      house,
      api,
      arrive,
    }) => {
      const { page, launch, form, person } = await arrive(said);
      await launch.open(masterPassword);
      await expect(page.getByTestId('access-expired')).toContainText('Access expired, start again from the shop.');
      await expect(page.getByRole('textbox')).toHaveCount(0);
      await untilNothingIsOwed(house, person.id);
      expect(api.calls(form, 'endsession')).toEqual([]);
    });
  }

  const known: [string, Asked, string][] = [
    ['a policy', { status: 403, body: { error: 'policy', message: 'Not on Sundays.' } }, 'Not on Sundays.'],
    ['a policy, without a word', { status: 403 }, 'A policy of the identity system does not allow this session.'],
    ['a check-out of somebody else', { status: 409 }, 'This credential is checked out by somebody else.'],
  ];
  for (const [what, said, sentence] of known) {
    test(`that is refused for ${what}: a page with the reason and Close`, async ({ house, api, arrive }) => {
      const { page, launch, form, person } = await arrive(said);
      await launch.open(masterPassword);
      await expect(page.getByTestId('launch-failed')).toContainText(sentence);
      await expect(page.getByRole('button', { name: 'Close' })).toBeVisible();
      await expect(launch.password).toHaveCount(0);
      await untilNothingIsOwed(house, person.id);
      expect(api.calls(form, 'endsession')).toEqual([]);
    });
  }

  test('that is limited: says how long to wait, and may be tried again', async ({ house, arrive }) => {
    const right = atOpenHost(house);
    const answers = [{ status: 429, headers: { 'retry-after': '7' } }];
    const arrived = await arrive(() => answers.shift() ?? right);
    await arrived.launch.open(masterPassword);
    await expect(arrived.page.getByRole('alert').filter({ hasText: 'Please wait 7 s' })).toBeVisible();
    await leave(await openArrived(arrived));
  });

  const unusable: [string, Asked][] = [
    ['a breakdown', { status: 500, body: { error: 'Object reference not set to an instance of an object.' } }],
    ['something that is no JSON', { status: 200, body: '<html><h1>Welcome</h1></html>' }],
    ['JSON that means nothing', { status: 200, body: { hello: 'world' } }],
    ['null', { status: 200, body: 'null' }],
    ['no password', { status: 200, body: { ...exampleAnswer, Password: '' } }],
    ['an account name that moves the cursor', { status: 200, body: { ...exampleAnswer, UserName: 'a\u001b[2Jb' } }],
    ['more than any answer has', { status: 200, body: { ...exampleAnswer, Notes: 'x'.repeat(100_000) } }],
    ['another protocol', { raw: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello' }],
    ['something that is no HTTP', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }],
    ['a way inside', { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data/' } }],
    ['silence', 'hang up'],
  ];
  for (const [what, said] of unusable) {
    test(`that is answered with ${what}: the error page with Close, and the end is told`, async ({
      house,
      api,
      arrive,
    }) => {
      const { page, launch, form, person } = await arrive(said);
      await launch.open(masterPassword);
      await expect(page.getByTestId('launch-failed')).toContainText(/gave no answer that can be used|named no server/);
      expect(api.calls(form, 'getcredential')).toHaveLength(1);
      // A credential may have been checked out before the answer was lost.
      const [told] = await api.called(form, 'endsession');
      const sessionId = await sessionFor(house, person.id);
      expect(told?.body).toMatchObject({ session: sessionId, reason: 'failed', startedAt: null });
      await page.getByRole('button', { name: 'Close' }).click();
      await expect(page.getByRole('heading', { name: 'Computers' })).toBeVisible();
    });
  }

  test('that takes too long: the page does not wait for ever, and the end is told', async ({ api, arrive }) => {
    const { page, launch, form } = await arrive('hold');
    await launch.open(masterPassword);
    await expect(page.getByRole('button', { name: 'Open session' })).toHaveAttribute('aria-busy', 'true');
    await expect(page.getByTestId('launch-failed')).toBeVisible({ timeout: 30_000 });
    expect((await api.called(form, 'endsession'))[0]?.body).toMatchObject({ reason: 'failed' });
  });
});

test.describe('the servers of an answer', () => {
  test('are tried one after the other while they cannot be connected to', async ({ house, arrive }) => {
    const servers = { Server: '127.0.0.2', Server2: '127.0.0.3', Server3: '127.0.0.1' };
    const terminal = await openArrived(await arrive(atOpenHost(house, servers)));
    await terminal.line('echo third-$((40 + 2))');
    await terminal.shows('third-42');
    await leave(terminal);
  });

  test('are left alone where the first one answers', async ({ house, arrive, later }) => {
    const { hosts, admin } = house;
    const second = await Forwarder.open('127.0.0.4', hosts.open.port);
    later(() => second.close());
    await admin.pin(hosts.open);
    await leave(await openArrived(await arrive(atOpenHost(house, { Server2: second.address }))));
    expect(second.connections).toBe(0);
  });

  test('are not tried after a host that shows another key', async ({ house, arrive, later }) => {
    const { hosts, admin } = house;
    const port = hosts.open.port;
    const first = await Forwarder.open('127.0.0.4', port, hosts.moody.port);
    const second = await Forwarder.open('127.0.0.5', port, port);
    later(() => first.close());
    later(() => second.close());
    await admin.pin(hosts.open, first.address);
    await admin.pin(hosts.open, second.address);
    const { launch } = await arrive(atOpenHost(house, { Server: first.address, Server2: second.address }));
    await launch.open(masterPassword);
    const words = await new TerminalPage(launch.page).ended('host_key_changed');
    expect(words).toContain(hosts.moody.hostKeyFingerprint);
    expect([first.connections, second.connections]).toEqual([1, 0]);
  });

  test('are not tried after a host that refuses the account', async ({ house, arrive, later }) => {
    const { account, hosts, admin } = house;
    const port = hosts.open.port;
    const strict = await account.host('strict', {
      accounts: [{ name: account.name, authorizedKeys: [] }],
      passwords: false,
    });
    const first = await Forwarder.open('127.0.0.6', port, strict.port);
    const second = await Forwarder.open('127.0.0.7', port, port);
    later(() => first.close());
    later(() => second.close());
    await admin.pin({ ...strict, port } satisfies Host, first.address);
    await admin.pin(hosts.open, second.address);
    const { launch } = await arrive(atOpenHost(house, { Server: first.address, Server2: second.address }));
    await launch.open(masterPassword);
    await new TerminalPage(launch.page).ended('sign_in_refused');
    expect([first.connections, second.connections]).toEqual([1, 0]);
  });

  test('are not dialled where nobody may, whoever names them', async ({ house, arrive, later }) => {
    const canary = await Forwarder.open('127.0.0.8', house.hosts.open.port);
    later(() => canary.close());
    for (const Server of [canary.address, '169.254.169.254', '::ffff:127.0.0.8', '0.0.0.0']) {
      const { launch } = await arrive(atOpenHost(house, { Server }));
      await launch.open(masterPassword);
      await new TerminalPage(launch.page).ended('refused_target');
    }
    expect(canary.connections).toBe(0);
  });
});

test.describe('RecordPSMSession', () => {
  for (const { policy, flag, isRecorded } of [
    { policy: 'off', flag: true, isRecorded: true },
    { policy: 'off', flag: false, isRecorded: false },
    { policy: 'required', flag: false, isRecorded: true },
  ] as const) {
    test(`${flag} under a policy that says "${policy}": ${isRecorded ? 'recorded' : 'not recorded'}`, async ({
      house,
      arrive,
    }) => {
      const answer = atOpenHost(house, { RecordPSMSession: flag });
      const sessionId = await leave(await openArrived(await arrive(answer, { policy: { recording: policy } })));
      const { recording } = await untilEnded(house.admin.ctx, sessionId);
      expect(recording).toBe(isRecorded ? 'sealed' : null);
    });
  }
});

test('a launch in a query string works where it is allowed, and leaves the address', async ({
  house,
  api,
  signedIn,
}) => {
  const { person, computer } = await arrange(house);
  const page = await signedIn(person);
  const { login } = await actorIn(page, house.admin.ctx);
  const form = api.form({ computerId: computer.id, loginSessionId: login.id }, atOpenHost(house));
  await page.goto(`/start?${new URLSearchParams(form)}`);
  const launch = new LaunchPage(page);
  await launch.arrived();
  expect(page.url()).toMatch(/\/start\/[\w-]{36}$/);
  await launch.open(masterPassword);
  await new TerminalPage(page).open();
});

/** Its session has nothing left that would have to be told. */
async function untilNothingIsOwed(house: House, personId: string): Promise<void> {
  const { sql } = house.admin.ctx.connection;
  await expect
    .poll(async () => (await sql`select 1 from sessions where person_id = ${personId} and end_owed is not null`).length)
    .toBe(0);
}

/**
 * The way from a shop to a session, as a browser goes it and as somebody goes it who means no good. A launch may come
 * from anywhere, but it is only its person's, in the sign-in that it names, and it opens once. Nothing is typed into a
 * page that has expired.
 */
import { askGatewayToOpen } from '../server/front/control-socket.ts';
import type { LaunchId, SessionId } from '../server/ids.ts';
import { launchFields } from '../server/launch/launch-parameters.ts';
import { ticketSubprotocolPrefix } from '../server/protocol/terminal-frames.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House, test } from './test.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { cookiesOf, launchFormFor, madeUpForm, sentLaunch } from './testbed/launch-forms.ts';
import { gatewaySocketOf } from './testbed/opening.ts';
import { LaunchPage, startLaunch, TerminalPage } from './testbed/pages.ts';
import { Visitor } from './testbed/visitor.ts';

const expired = 'Access expired, start again from the shop.';

test.describe('a launch from a shop elsewhere', () => {
  test('names computer and API before a password is typed, and opens', async ({ house, signedIn, foreign }) => {
    const { person, computer } = await arrange(house);
    const { ctx } = house.admin;
    const page = await signedIn(person);
    const fields = await launchFormFor(page, ctx, computer.guid);
    const posted = page.waitForRequest((request) => new URL(request.url()).pathname === '/start');
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    // What the other site sends carries no cookie, so it can do nothing in anybody's name.
    expect(await (await posted).headerValue('cookie')).toBeNull();

    const launch = new LaunchPage(page);
    await launch.arrived();
    await expect(page.getByRole('heading')).toHaveText(`Connect to ${computer.name}`);
    await expect(page.getByTestId('api-host')).toHaveText(new URL(house.stack.baseUrl).host);
    expect(page.url()).not.toContain(fields.ApiKey);
    expect(page.url()).toMatch(/\/start\/[\w-]{36}$/);
    await launch.open(masterPassword);
    const terminal = new TerminalPage(page);
    await terminal.open();
    const [bound] = await ctx.connection.sql<{ subject: object }[]>`select subject from audit_events
      where kind = 'launch.bound' and actor_id = ${person.id}`;
    expect(bound?.subject).toMatchObject({ origin: foreign.origin, apiUrl: house.stack.baseUrl });
    await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
    await terminal.ended('closed');
  });

  test('leads through the sign-in when its person has to sign in first, and says what to do then', async ({
    house,
    newBrowser,
    foreign,
  }) => {
    const { person } = await arrange(house);
    const page = await (await newBrowser(house.stack.baseUrl)).newPage();
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields: madeUpForm(house.stack.baseUrl) });
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fstart%2F/);
    await page.getByLabel('Email').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('main')).toContainText(/start again from the shop/i);
    await expect(page.getByLabel('Master password')).toHaveCount(0);
  });

  test('that waited for a sign-in of its own person is begun anew in the new one', async ({
    house,
    signedIn,
    foreign,
  }) => {
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
    await page.context().clearCookies();
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    await page.getByLabel('Email').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByTestId('earlier-launch')).toContainText(computer.name);
    await page.getByRole('button', { name: 'Connect again' }).click();
    const launch = new LaunchPage(page);
    await launch.arrived();
    await launch.open(masterPassword);
    await new TerminalPage(page).open();
  });

  test("is nobody's but its person's, in the sign-in it names", async ({ house, signedIn, foreign }) => {
    const { person, computer } = await arrange(house);
    const other = await house.admin.person();
    await house.admin.grant(other, computer);
    const { ctx } = house.admin;
    const [owner, elsewhere, thief] = [await signedIn(person), await signedIn(person), await signedIn(other)];
    const fields = await launchFormFor(owner, ctx, computer.guid);
    const action = `${house.stack.baseUrl}/start`;
    await foreign.send(thief, { action, fields });
    await expect(thief.getByTestId('access-expired')).toContainText(expired);
    await expect(thief.getByRole('main')).not.toContainText(computer.name);
    await foreign.send(elsewhere, { action, fields });
    await expect(elsewhere.getByTestId('earlier-launch')).toContainText('opens in that one only');
    await expect(elsewhere.getByLabel('Master password')).toHaveCount(0);
    const refused = await ctx.connection.sql`select 1 from audit_events
      where kind = 'launch.refused' and actor_id in (${other.id}, ${person.id})`;
    expect(refused.length).toBe(2);

    await foreign.send(owner, { action, fields });
    await new LaunchPage(owner).arrived();
    await thief.goto(owner.url());
    await expect(thief.getByTestId('access-expired')).toBeVisible();
    await new LaunchPage(owner).open(masterPassword);
    await new TerminalPage(owner).open();
  });

  test('is begun anew in one click by its person who had to sign in on the way', async ({
    house,
    signedIn,
    foreign,
  }) => {
    const { person, computer } = await arrange(house);
    const { ctx } = house.admin;
    const fields = await launchFormFor(await signedIn(person), ctx, computer.guid);
    const page = await signedIn(person);
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    await expect(page.getByTestId('earlier-launch')).toContainText(computer.name);
    await page.getByRole('button', { name: 'Connect again' }).click();
    const launch = new LaunchPage(page);
    await launch.arrived();
    await expect(page.getByRole('heading')).toHaveText(`Connect to ${computer.name}`);
    await launch.open(masterPassword);
    await new TerminalPage(page).open();
  });

  test('opens once: neither its page nor its form opens anything again', async ({ house, signedIn, foreign }) => {
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
    const action = `${house.stack.baseUrl}/start`;
    await foreign.send(page, { action, fields });
    const launch = new LaunchPage(page);
    await launch.arrived();
    const address = page.url();
    await launch.open(masterPassword);
    const terminal = new TerminalPage(page);
    await terminal.open();

    const again = await page.context().newPage();
    await again.goto(address);
    await expect(again.getByTestId('access-expired')).toContainText(expired);
    await foreign.send(again, { action, fields });
    const replayed = new LaunchPage(again);
    await replayed.arrived();
    const closed = again.waitForEvent('close').catch(() => undefined);
    await replayed.open(masterPassword);
    await Promise.race([closed, expect(again.getByTestId('access-expired')).toBeVisible()]);

    await terminal.line('echo on-$((40 + 2))');
    await terminal.shows('on-42');
    const { length } = await house.admin.ctx.connection.sql`select 1 from sessions
      where person_id = ${person.id} and state in ('opening', 'active')`;
    expect(length).toBe(1);
  });
});

test('the ticket of a browser, taken from its handshake, opens nothing again', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/');
  const launch = await startLaunch(page, computer.name);
  const spy = await launch.page.context().newCDPSession(launch.page);
  await spy.send('Network.enable');
  const handshake = new Promise<string>((resolve) => {
    spy.on('Network.webSocketWillSendHandshakeRequest', ({ request }) => resolve(JSON.stringify(request.headers)));
  });
  await launch.open(masterPassword);
  const terminal = new TerminalPage(launch.page);
  await terminal.open();
  const [, ticket = ''] =
    new RegExp(`${ticketSubprotocolPrefix.replace('.', '\\.')}([\\w-]+)`).exec(await handshake) ?? [];
  expect(ticket).toHaveLength(43);
  expect(launch.page.url()).not.toContain(ticket);

  const { ctx } = house.admin;
  const { baseUrl, dataDir } = house.stack;
  const cookie = await cookiesOf(page, baseUrl);
  expect(await new Visitor({ baseUrl, ctx, dataDir }, cookie).refusalOf(ticket)).toBe(401);
  await terminal.line('echo mine-$((40 + 2))');
  await terminal.shows('mine-42');
  const sessionId = terminal.sessionId as SessionId;
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  expect(await untilEnded(ctx, sessionId)).toMatchObject({ end_reason: 'closed' });
  expect(await auditOf(ctx, sessionId, 'session.opened')).toHaveLength(1);
});

test.describe('the master password', () => {
  test('wrong five times: asked again each time, then made to wait, and never locked out', async ({
    house,
    browserOf,
  }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const launch = await startLaunch(page, computer.name);
    const says = launch.page.getByRole('alert').filter({ hasText: /\S/ });
    for (let n = 1; n <= 5; n += 1) {
      expect(await answerTo(launch, `wrong number ${n}`)).toBe('This is not your master password.');
      await expect(launch.password).toBeVisible();
    }
    const answers: string[] = [];
    for (let n = 6; n <= 10; n += 1) answers.push(await answerTo(launch, `wrong number ${n}`));
    expect(answers).toContainEqual(expect.stringMatching(/^Too many attempts\. Please wait \d+ s/));
    await expect(says).toBeVisible();
    const { ctx } = house.admin;
    const given = await ctx.connection
      .sql`select 1 from sessions where person_id = ${person.id} and state <> 'requested'`;
    expect(given).toHaveLength(0);

    await expect(async () => {
      await launch.open(masterPassword);
      await launch.page.waitForURL(/\/session\//, { timeout: 5_000 });
    }).toPass({ timeout: 45_000 });
    await new TerminalPage(launch.page).open();
  });

  test('typed after the access has expired: the tab closes itself', async ({ house, browserOf }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const launch = await startLaunch(page, computer.name);
    await launch.password.fill(masterPassword);
    await expireHandles(house, person.id);
    const closed = launch.page.waitForEvent('close');
    await launch.open(masterPassword);
    await closed;
    await expect(page.getByRole('heading', { name: 'Computers' })).toBeVisible();
  });

  test('typed after that in a tab that may not close itself: it is cleared, and says what to do', async ({
    house,
    signedIn,
    foreign,
  }) => {
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    const launch = new LaunchPage(page);
    await launch.arrived();
    await expireHandles(house, person.id);
    await launch.open(masterPassword);
    await expect(page.getByTestId('access-expired')).toContainText(expired);
    await expect(page.getByRole('textbox')).toHaveCount(0);
    expect(await page.content()).not.toContain(masterPassword);
  });

  test('of a launch that waited too long: nothing can be typed any more', async ({ house, signedIn, foreign }) => {
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    await new LaunchPage(page).arrived();
    const launchId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await house.admin.ctx.connection.sql`update launches set expires_at = now() where id = ${launchId}`;
    await page.reload();
    await expect(page.getByTestId('access-expired')).toContainText(expired);
    await expect(page.getByLabel('Master password')).toHaveCount(0);
  });
});

test.describe('PSM_Connection_Delay', () => {
  test('is counted down in sight, and nothing is asked before it has passed', async ({ house, signedIn, foreign }) => {
    const { person, computer } = await arrange(house);
    const { ctx } = house.admin;
    const page = await signedIn(person);
    const fields = await launchFormFor(page, ctx, computer.guid, { connectionDelaySeconds: 5 });
    expect(fields.PSM_Connection_Delay).toBe('5');
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    await page.waitForURL(/\/start\//);
    const timer = page.getByRole('timer');
    await expect(timer).toHaveText(/You can go on in [1-5] s\./);
    await expect(page.getByLabel('Master password')).toHaveCount(0);

    const launchId = new URL(page.url()).pathname.split('/').at(-1) as LaunchId;
    const cookieHeader = await cookiesOf(page, house.stack.baseUrl);
    const early = { launchId, password: masterPassword, cookieHeader };
    expect(await askGatewayToOpen(gatewaySocketOf(house.stack.dataDir), early)).toMatchObject({ ok: false });

    const seen = new Set<string>();
    await expect(async () => {
      if (await timer.isVisible()) seen.add(await timer.innerText({ timeout: 500 }));
      await expect(page.getByLabel('Master password')).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 10_000, intervals: [150] });
    expect(seen.size).toBeGreaterThanOrEqual(3);
    await new LaunchPage(page).open(masterPassword);
    await new TerminalPage(page).open();
  });
});

test.describe('a launch that cannot be opened', () => {
  test('says why, and Close closes its tab', async ({ house, browserOf }) => {
    const { person, computer, grantId } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const launch = await startLaunch(page, computer.name);
    await house.admin.ctx.connection.sql`update grants set ends_at = now() where id = ${grantId}`;
    await launch.open(masterPassword);
    const failed = launch.page.getByTestId('launch-failed');
    await expect(failed).toContainText('Your access has ended.');
    await expect(launch.password).toHaveCount(0);
    const closed = launch.page.waitForEvent('close');
    await failed.getByRole('button', { name: 'Close' }).click();
    await closed;
  });

  test('and Close leads to the shop where the tab may not be closed', async ({ house, signedIn, foreign }) => {
    const { person, computer, grantId } = await arrange(house);
    const page = await signedIn(person);
    const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
    await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
    await new LaunchPage(page).arrived();
    await house.admin.ctx.connection.sql`update grants set ends_at = now() where id = ${grantId}`;
    await page.reload();
    await expect(page.getByRole('main').getByRole('alert')).toContainText('Your access has ended.');
    await page.getByRole('button', { name: 'Close' }).click();
    await expect(page.getByRole('heading', { name: 'Computers' })).toBeVisible();
  });

  test('what Connect sends, its page, its history and its address give nothing away', async ({ house, browserOf }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const opened = page.context().waitForEvent('page');
    // Where terms are in force the form is sent once they are agreed to.
    const form = await sentLaunch(page, async () => {
      await page.getByRole('button', { name: `Connect to ${computer.name}` }).click();
      await new LaunchPage(await opened).arrived();
    });
    expect(Object.keys(form).sort()).toEqual([...launchFields].sort());
    const tab = await opened;
    const html = await tab.content();
    for (const secret of [form.ApiKey, form.ApiApplicationKey]) {
      expect(html).not.toContain(secret);
      expect(tab.url()).not.toContain(secret);
    }
    expect(await tab.evaluate(() => window.opener)).toBeNull();
  });
});

/** What the page says to this master password. */
async function answerTo(launch: LaunchPage, password: string): Promise<string> {
  const answered = launch.page.waitForResponse((response) => response.request().method() === 'POST');
  await launch.open(password);
  await answered;
  await expect(launch.page.getByRole('button', { name: 'Open session' })).not.toHaveAttribute('aria-busy');
  return launch.page.getByRole('main').getByRole('alert').innerText();
}

async function expireHandles({ admin }: House, personId: string): Promise<void> {
  await admin.ctx.connection.sql`update check_outs set expires_at = now() where person_id = ${personId}`;
}

/**
 * Somebody who holds everything that a browser holds: the form of a launch, the right master password, the cookies, or a
 * page of their own in front of somebody who is signed in. The credential goes to the gateway and nobody else, and who
 * shows the handles of a launch raises an alarm. A foreign page does nothing in anybody's name. A stolen sign-in opens
 * no session where the master password stands before it.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { BrowserContext, Page } from '@playwright/test';
import { askGatewayToOpen } from '../server/front/control-socket.ts';
import { makeAssertion } from '../server/identity-api/assertion.ts';
import { applicationKeyHeader, assertionHeader, identityPaths } from '../server/identity-api/contract.ts';
import type { LaunchId, PersonId } from '../server/ids.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House, test } from './test.ts';
import type { AuditSeen } from './testbed/evidence.ts';
import { cookiesOf, type LaunchForm, launchFormFor, sentLaunch } from './testbed/launch-forms.ts';
import { gatewaySocketOf } from './testbed/opening.ts';
import { dialog, LaunchPage, startLaunch, TerminalPage } from './testbed/pages.ts';
import { type PlainAnswer, plainRequest, strangeAddress } from './testbed/plain-request.ts';

const refusedRequest = /Failed to load resource: the server responded with a status of (401|403|404|405)/;

function questionOf(form: LaunchForm): string {
  return JSON.stringify({
    computer: form.ComputerID,
    credential: form.CredentialID,
    password: masterPassword,
    mode: form.Mode,
    session: randomUUID(),
    loginsessionid: form.LoginSessionID,
  });
}

/** What curl would send: the handles of a launch, and a body with the right master password. */
function asCurl(
  { stack }: House,
  form: LaunchForm,
  more: { path?: string; headers?: Record<string, string>; body?: string; method?: string; from?: string } = {},
) {
  const headers = {
    'user-agent': 'curl/8.5.0',
    accept: '*/*',
    'content-type': 'application/json',
    authorization: `Bearer ${form.ApiKey}`,
    [applicationKeyHeader]: form.ApiApplicationKey ?? '',
    ...more.headers,
  };
  const { method = 'POST', path = identityPaths.getcredential, body = questionOf(form), from } = more;
  return plainRequest(stack.port, { method, path, headers, body, from: from ?? strangeAddress() });
}

async function alarmsAbout({ admin }: House, personId: PersonId): Promise<AuditSeen[]> {
  return admin.ctx.connection.sql<AuditSeen[]>`select kind, actor_id, at, subject from audit_events
    where kind = 'identity.alarm' and actor_id = ${personId} order by at`;
}

function givesNothing({ status, text }: PlainAnswer, what: string): void {
  expect([400, 401, 403, 404, 405], what).toContain(status);
  expect(text, what).not.toMatch(/"Password"|PRIVATE KEY|UserName/);
}

test.describe('the form of a launch, with the right master password, outside of the gateway', () => {
  test('is answered 401, is an alarm in the audit log, and its person works on', async ({ house, browserOf }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const opened = page.context().waitForEvent('page');
    const form = await sentLaunch(page, () =>
      page.getByRole('button', { name: `Connect to ${computer.name}` }).click(),
    );
    const from = strangeAddress();
    const answer = await asCurl(house, form, { from });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ error: 'gateway_only' });
    givesNothing(answer, 'curl');
    const alarms = await alarmsAbout(house, person.id);
    expect(alarms).toMatchObject([{ subject: { checkOutId: form.ExternalCredentialCheckOutID, address: from } }]);

    const auditor = await browserOf(house.login('auditor'));
    await auditor.goto(`/audit?${new URLSearchParams({ kind: 'identity.alarm', person: person.id })}`);
    await expect(auditor.getByRole('table', { name: 'Audit log' })).toContainText(
      `shown by somebody else than the gateway from ${from}`,
    );

    const launch = new LaunchPage(await opened);
    await launch.arrived();
    await launch.open(masterPassword);
    await new TerminalPage(launch.page).open();
    givesNothing(await asCurl(house, form), 'after it was used');
  });

  test('gives nothing with an assertion that somebody made, or that was made for something else', async ({
    house,
    browserOf,
  }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    const form = await launchFormFor(page, house.admin.ctx, computer.guid);
    const body = questionOf(form);
    const { privateKey } = generateKeyPairSync('ed25519');
    const now = new Date();
    const ours = { method: 'POST', path: identityPaths.getcredential, body };
    const forged = makeAssertion(privateKey, ours, now);
    const assertions = [
      forged,
      '',
      'v1',
      'v1...',
      forged.replace(/\.[\w-]+$/, `.${'A'.repeat(86)}`),
      forged.replace('v1', 'v0'),
    ];
    for (const assertion of assertions) {
      const answer = await asCurl(house, form, { body, headers: { [assertionHeader]: assertion } });
      expect(answer.status).toBe(401);
      givesNothing(answer, assertion);
    }
    expect((await alarmsAbout(house, person.id)).length).toBe(assertions.length);
    for (let n = 0; n < 10; n += 1) await asCurl(house, form);
    expect((await alarmsAbout(house, person.id)).length, 'evidence does not fill the disk').toBe(10);
  });

  test('gives nothing with the cookies of its person, by no other spelling of the path, and with no other method', async ({
    house,
    browserOf,
  }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    const form = await launchFormFor(page, house.admin.ctx, computer.guid);
    const cookie = await cookiesOf(page, house.stack.baseUrl);
    givesNothing(await asCurl(house, form, { headers: { cookie } }), 'cookies');
    const own = { cookie, origin: house.stack.baseUrl, 'sec-fetch-site': 'same-origin' };
    givesNothing(await asCurl(house, form, { headers: own }), 'a page of ours');
    const path = identityPaths.getcredential;
    const spellings = [
      `${path}/`,
      `${path}?x=1`,
      path.replace('getcredential', 'GetCredential'),
      path.replace('getcredential', '%67etcredential'),
      path.replace('/v1/', '/v1/../v1/'),
      path.replace('/v1/', '/v1/%2e%2e/v1/'),
      path.replace('/api/', '/api//'),
      `${path}%2f`,
      `${path};x`,
      `${path}/../getcredential`,
    ];
    for (const spelling of spellings) {
      const answer = await asCurl(house, form, { path: spelling });
      expect(answer.status, spelling).not.toBe(200);
      expect(answer.text, spelling).not.toMatch(/"Password"|PRIVATE KEY/);
    }
    for (const method of ['GET', 'PUT', 'OPTIONS', 'HEAD', 'PATCH']) {
      const answer = await asCurl(house, form, { method, body: '' });
      expect(answer.status, method).toBeGreaterThanOrEqual(204);
      expect(answer.text, method).not.toMatch(/"Password"|PRIVATE KEY/);
    }
  });

  test('does not end a session that runs, nor its check-out', async ({ house, browserOf }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    await page.goto('/');
    const opened = page.context().waitForEvent('page');
    const form = await sentLaunch(page, () =>
      page.getByRole('button', { name: `Connect to ${computer.name}` }).click(),
    );
    const launch = new LaunchPage(await opened);
    await launch.arrived();
    await launch.open(masterPassword);
    const terminal = new TerminalPage(launch.page);
    await terminal.open();
    const body = JSON.stringify({
      computer: form.ComputerID,
      credential: form.CredentialID,
      session: terminal.sessionId,
      loginsessionid: form.LoginSessionID,
      checkout: form.ExternalCredentialCheckOutID,
      mode: 'SSH',
      startedAt: null,
      endedAt: new Date().toISOString(),
      reason: 'closed',
    });
    expect((await asCurl(house, form, { path: identityPaths.endsession, body })).status).toBe(401);
    await terminal.line('echo on-$((40 + 2))');
    await terminal.shows('on-42');
    const [checkOut] = await house.admin.ctx.connection.sql`select ended_at from check_outs
      where id = ${form.ExternalCredentialCheckOutID ?? ''}`;
    expect(checkOut).toMatchObject({ ended_at: null });
  });
});

test.describe('a page of another site, before somebody who is signed in', () => {
  test('signs nobody out and in, and changes nothing, whatever form it sends', async ({
    house,
    signedIn,
    foreign,
    watch,
  }) => {
    watch.allow(refusedRequest);
    const person = await house.admin.person();
    const { baseUrl } = house.stack;
    const page = await signedIn(person);
    const { csrfToken } = await (await page.request.get('/api/auth/csrf')).json();
    const attacks: [string, Record<string, string>][] = [
      ['/api/auth/signout', { csrfToken }],
      ['/api/auth/callback/credentials', { csrfToken, email: house.login('admin').email, password: 'x' }],
      ['/', { $ACTION_ID_x: '' }],
      ['/profile', { password: 'something new' }],
      ['/people', {}],
      [identityPaths.getcredential, {}],
      ['/start/0190b6a0-0000-7000-8000-000000000001', {}],
    ];
    for (const [path, fields] of attacks) {
      const answered = page.waitForResponse((response) => new URL(response.url()).pathname === path);
      await foreign.send(page, { action: baseUrl + path, fields });
      expect((await answered).status(), path).toBe(403);
    }
    await page.goto('/');
    await expect(page.getByRole('button', { name: `Account of ${person.name}` })).toBeVisible();
  });

  test('reads nothing, calls nothing and frames nothing', async ({ house, signedIn, foreign, watch }) => {
    watch.allow(
      refusedRequest,
      /CORS|ERR_FAILED|frame-ancestors|WebSocket connection|ERR_BLOCKED_BY_RESPONSE|X-Frame-Options/,
    );
    const { person, computer } = await arrange(house);
    const page = await signedIn(person);
    const { baseUrl, port } = house.stack;
    await page.goto(foreign.page(`<iframe title="shop" src="${baseUrl}/"></iframe>`));
    await expect(page.frameLocator('iframe').getByRole('heading', { name: 'Computers' })).toHaveCount(0);
    await expect(page.frameLocator('iframe').getByText(computer.name)).toHaveCount(0);

    const seen = await page.evaluate(
      async ({ url, socketUrl }) => {
        const read = async (path: string, init: RequestInit) =>
          fetch(url + path, { credentials: 'include', ...init }).then(
            async (response) => `${response.type} ${response.status} ${(await response.text()).length}`,
            () => 'refused',
          );
        const socket = new WebSocket(socketUrl, ['sallyport.terminal.v1', 'ticket.x']);
        const opened = new Promise<string>((resolve) => {
          socket.onopen = () => resolve('opened');
          socket.onerror = () => resolve('refused');
        });
        return {
          page: await read('/', {}),
          session: await read('/api/auth/session', {}),
          posted: await read('/', { method: 'POST', headers: { 'next-action': 'x' }, body: '[]' }),
          blind: await read('/api/auth/signout', { method: 'POST', mode: 'no-cors', body: 'x' }),
          socket: await opened,
        };
      },
      { url: baseUrl, socketUrl: `ws://localhost:${port}/ws/terminal` },
    );
    expect(seen).toEqual({
      page: 'refused',
      session: 'refused',
      posted: 'refused',
      blind: 'refused',
      socket: 'refused',
    });
    await page.goto('/');
    await expect(page.getByRole('button', { name: `Account of ${person.name}` })).toBeVisible();
  });
});

test.describe('a stolen sign-in', () => {
  /** A browser with the cookie of somebody's sign-in, and nothing else of them. */
  async function steal(from: BrowserContext, to: BrowserContext): Promise<Page> {
    await to.addCookies((await from.cookies()).filter(({ name }) => name === 'sallyport.session'));
    return to.newPage();
  }

  async function unlock(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Unlock' }).click();
    await dialog(page).getByLabel('Master password').fill(masterPassword);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Lock', exact: true })).toBeVisible();
  }

  test('opens nothing without the key of the unlock, and is over when its owner signs out', async ({
    house,
    signedIn,
    newBrowser,
  }) => {
    const { person, computer } = await arrange(house, { masterPassword: 'browser_session' });
    const { baseUrl, dataDir } = house.stack;
    const owner = await signedIn(person);
    await unlock(owner);
    const mine = await startLaunch(owner, computer.name);
    await expect(mine.password).toHaveCount(0);

    const thief = await steal(owner.context(), await newBrowser(baseUrl));
    await thief.goto('/');
    await expect(thief.getByRole('button', { name: 'Unlock' })).toBeVisible();
    const launch = await startLaunch(thief, computer.name);
    await expect(launch.password).toBeVisible();
    await launch.open('guessed');
    await expect(launch.page.getByRole('alert').filter({ hasText: 'This is not your master password.' })).toBeVisible();
    const launchId = new URL(launch.page.url()).pathname.split('/').at(-1) as LaunchId;
    const cookieHeader = await cookiesOf(thief, baseUrl);
    const around = await askGatewayToOpen(gatewaySocketOf(dataDir), { launchId, cookieHeader });
    expect(around.ok).toBe(false);
    // Nor with the owner's key of another sign-in, or one that was made up.
    for (const key of ['x', 'A'.repeat(43)]) {
      const withKey = { launchId, cookieHeader: `${cookieHeader}; sallyport.unlock=${key}` };
      expect((await askGatewayToOpen(gatewaySocketOf(dataDir), withKey)).ok).toBe(false);
    }

    await mine.open('');
    await new TerminalPage(mine.page).open();
    await owner.getByRole('button', { name: `Account of ${person.name}` }).click();
    await owner.getByRole('menuitem', { name: 'Sign out' }).click();
    await owner.waitForURL(/\/sign-in/);
    await thief.goto('/');
    await expect(thief).toHaveURL(/\/sign-in/);
  });

  test('cannot be taken by a script of the page', async ({ house, signedIn }) => {
    const { person } = await arrange(house, { masterPassword: 'browser_session' });
    const page = await signedIn(person);
    await unlock(page);
    const cookies = await page.context().cookies();
    for (const name of ['sallyport.session', 'sallyport.unlock']) {
      expect(
        cookies.find((cookie) => cookie.name === name),
        name,
      ).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
    }
    expect(await page.evaluate(() => document.cookie)).not.toMatch(/sallyport\.(session|unlock)/);
  });
});

/**
 * Everything that can go wrong on the way to a session and in it ends with one true sentence on the screen, and nothing
 * secret is sent where it should not go. Rights that are taken away end what runs under them within a second, by the
 * clock of the server.
 */
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import type { Context } from '../server/context.ts';
import type { SessionId } from '../server/ids.ts';
import { forgetHostKey } from '../server/inventory/host-keys.ts';
import { createLog } from '../server/log.ts';
import { arrange, expect, test } from './test.ts';
import { isRoot, needsRoot } from './testbed/account.ts';
import { auditOf, sessionOf, untilEnded } from './testbed/evidence.ts';
import { connect, dialog, openTerminal, shopItem, signIn } from './testbed/pages.ts';

/** What a browser says of an answer that was meant to be a refusal. */
const refusedRequest = /Failed to load resource: the server responded with a status of (401|403|404)/;
const refusedSocket = /WebSocket connection to .* failed/;

/** Milliseconds between two events of the audit log, by the clock of the server. */
async function msUntilEnd(ctx: Context, sessionId: SessionId, kind: string, subject: object): Promise<number> {
  await untilEnded(ctx, sessionId);
  const [cause] = await ctx.connection.sql<{ at: string }[]>`
    select at from audit_events where kind = ${kind} and subject @> ${JSON.stringify(subject)}::jsonb
    order by at desc limit 1`;
  const [end] = await auditOf(ctx, sessionId, 'session.ended');
  return Date.parse(end?.at ?? '') - Date.parse(cause?.at ?? '');
}

test.describe('without a right', () => {
  test('Connect is greyed out and says why, and calling its server action all the same is refused', async ({
    house,
    browserOf,
  }) => {
    const { admin, hosts } = house;
    const page = await browserOf(house.login('user'));
    const never = await admin.computer(hosts.open);
    const archive = house.stack.demo.computers.find(({ name }) => name === 'Payroll archive');
    await page.goto('/');

    const card = shopItem(page, 'Payroll archive');
    await expect(card).toContainText('Your access has ended.');
    const button = card.getByRole('button', { name: 'Connect to Payroll archive' });
    await expect(button).toHaveAttribute('aria-disabled', 'true');
    await button.click({ force: true });
    expect(page.context().pages()).toHaveLength(1);
    await expect(shopItem(page, never.name)).toHaveCount(0);
    await page.getByRole('link', { name: 'All computers' }).click();
    await page.getByRole('searchbox', { name: 'Search computers' }).fill(never.name);
    await expect(shopItem(page, never.name)).toContainText('You have no grant for this computer.');
    await page.goto('/');

    const action = page.waitForRequest((request) => request.headers()['next-action'] !== undefined);
    const terminal = await connect(page, 'Build server', house.login('user').masterPassword);
    const id = (await action).headers()['next-action'] ?? '';
    await terminal.open();
    await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
    await terminal.ended('closed');

    const { person } = await (await house.visitor(house.login('user'))).actor();
    const claims = { targetPersonGuid: person.id, accessRequestPolicyId: randomUUID(), isAdvanceMode: false };
    const claiming = (targetComputerGuid: string) => callAction(page, id, { ...claims, targetComputerGuid });
    expect(await claiming(archive?.guid ?? '')).toContain('"code":"grant_ended"');
    expect(await claiming(never.guid)).toContain('"code":"no_grant"');
    expect(await claiming('x')).toContain('"ok":false');
  });

  test('a person who is not signed in is sent to the sign-in page and back', async ({ house, newBrowser, watch }) => {
    watch.allow(refusedRequest);
    const { person } = await arrange(house);
    const page = await (await newBrowser(house.stack.baseUrl)).newPage();
    await page.goto('/profile');
    await expect(page).toHaveURL(/\/sign-in\?next=%2Fprofile/);
    await page.getByLabel('Email').fill(person.email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('This email and password do not match')).toBeVisible();
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/profile$/);
  });
});

test.describe('at the host', () => {
  test('a changed host key: both fingerprints on the screen, and nothing sent', async ({ house, browserOf }) => {
    const { admin, account, hosts } = house;
    const person = await admin.person();
    const before = hosts.moody.hostKeyFingerprint;
    const computer = await admin.computer(hosts.moody);
    await admin.grant(person, computer, { trustFirstHostKey: true });
    await hosts.moody.stop();
    const lines: string[] = [];
    const log = createLog('e2e', 'silent');
    log.debug = (line) => void lines.push(line);
    hosts.moody = await account.host('moody', { port: hosts.moody.port, hostKey: account.privateKey, log });

    const page = await browserOf(person);
    await page.goto('/');
    const terminal = await connect(page, computer.name);
    const words = await terminal.ended('host_key_changed');
    expect(words).toContain(before);
    expect(words).toContain(hosts.moody.hostKeyFingerprint);
    expect(hosts.moody.hostKeyFingerprint).not.toBe(before);
    await expect(terminal.end.getByRole('button', { name: 'Connect again' })).toHaveCount(0);
    await expect.poll(() => lines.filter((line) => line.includes('[preauth]')).length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain(account.name);

    const input = { server: '127.0.0.1', port: hosts.moody.port };
    expect(await forgetHostKey(admin.ctx, admin.actor, input)).toMatchObject({ ok: true });
  });

  test('an unknown host key: the person is asked; cancel sends nothing, trust pins it for everyone', async ({
    house,
    browserOf,
  }) => {
    const { admin, hosts } = house;
    const [trusted, other] = [await admin.person(), await admin.person()];
    const computer = await admin.computer(hosts.moody, { pinned: false });
    await admin.grant(trusted, computer, { trustFirstHostKey: true });
    await admin.grant(other, computer);

    const others = await browserOf(other);
    await others.goto('/');
    const refused = await connect(others, computer.name);
    expect(await refused.ended('host_key_refused')).toContain('an administrator has to approve it');

    const page = await browserOf(trusted);
    await page.goto('/');
    const first = await connect(page, computer.name);
    await expect(dialog(first.page)).toContainText(hosts.moody.hostKeyFingerprint);
    await dialog(first.page).getByRole('button', { name: 'Cancel' }).click();
    expect(await first.ended('host_key_refused')).toContain('The host key was not approved');

    const second = await connect(page, computer.name);
    await dialog(second.page).getByRole('button', { name: 'Trust and connect' }).click();
    await second.open();

    const third = await connect(others, computer.name);
    await third.open();
    await expect(dialog(third.page)).toHaveCount(0);
  });

  test('a host that is down', async ({ house, browserOf }) => {
    const page = await browserOf(house.login('user'));
    await page.goto('/');
    const terminal = await connect(page, 'Old mail server', house.login('user').masterPassword);
    expect(await terminal.ended('unreachable')).toContain('The computer does not answer.');
    await expect(terminal.end.getByRole('button', { name: 'Connect again' })).toBeVisible();
  });

  test('a stored credential that the host refuses: a wrong password, a wrong key', async ({ house, browserOf }) => {
    const { admin, account, hosts } = house;
    const person = await admin.person();
    const page = await browserOf(person);
    const secrets = [
      // Without root no account has a password that could be wrong, so sshd takes none at all: refused all the same.
      { type: 'password', password: 'wrong-at-the-host' },
      { type: 'ssh_key', privateKey: await account.strangeKey() },
    ] as const;
    for (const secret of secrets) {
      const computer = await admin.computer(hosts.open, { secret });
      await admin.grant(person, computer);
      await page.goto('/');
      const terminal = await connect(page, computer.name);
      const words = await terminal.ended('sign_in_refused');
      expect(words).toContain('The computer refused the stored credential.');
      expect(words).not.toContain('wrong-at-the-host');
    }
  });

  test('an account that is asked by keyboard-interactive', async ({ house, browserOf }) => {
    test.skip(!isRoot, needsRoot);
    const { admin, account, hosts } = house;
    const person = await admin.person();
    const secret = { type: 'password', password: account.password } as const;
    const computer = await admin.computer(hosts.interactive!, { secret });
    await admin.grant(person, computer);
    const page = await browserOf(person);
    await page.goto('/');
    const terminal = await connect(page, computer.name);
    await terminal.open();
    await terminal.line('echo as-$(id -un)');
    await terminal.shows(`as-${account.name}`);
  });
});

test.describe('taken away while it runs', () => {
  test('the grant: it ends within a second, and the screen says so', async ({ house, browserOf }) => {
    const { person, computer, grantId } = await arrange(house);
    const terminal = await openTerminal(await browserOf(person), computer.name);
    const administrator = await browserOf(house.login('admin'));
    await administrator.goto(`/grants?q=${encodeURIComponent(person.name)}`);
    await administrator.getByRole('button', { name: `Revoke the grant of ${person.name} to ${computer.name}` }).click();
    await dialog(administrator).getByRole('button', { name: 'Revoke grant' }).click();

    expect(await terminal.ended('revoked')).toContain('Your access was revoked.');
    const { ctx } = house.admin;
    const sessionId = terminal.sessionId as SessionId;
    expect(await msUntilEnd(ctx, sessionId, 'grant.revoked', { grantId })).toBeLessThan(1_000);
    expect(await sessionOf(ctx, sessionId)).toMatchObject({ end_reason: 'revoked', recording: 'sealed' });
    expect((await house.stack.verify(sessionId)).status).toBe(0);
  });

  test('the sign-in, from another browser of the same person', async ({ house, browserOf, newBrowser }) => {
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    const terminal = await openTerminal(page, computer.name);
    const elsewhere = await (await newBrowser(house.stack.baseUrl)).newPage();
    await signIn(elsewhere, person);
    await elsewhere.goto('/profile');
    await elsewhere.getByRole('button', { name: /^End the sign-in from/ }).click();
    await dialog(elsewhere).getByRole('button', { name: 'End sign-in' }).click();

    await terminal.ended('signed_out');
    await expect(terminal.end.getByRole('link', { name: 'Sign in' })).toBeVisible();
    const sessionId = terminal.sessionId as SessionId;
    const subject = { personId: person.id };
    expect(await msUntilEnd(house.admin.ctx, sessionId, 'login.revoked', subject)).toBeLessThan(1_000);
    await page.goto('/');
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test('an administrator terminates it', async ({ house, browserOf }) => {
    const { person, computer } = await arrange(house);
    const terminal = await openTerminal(await browserOf(person), computer.name);
    const administrator = await browserOf(house.login('admin'));
    await administrator.goto(`/sessions/${terminal.sessionId}`);
    await administrator.getByRole('button', { name: 'Terminate' }).click();
    await dialog(administrator).getByLabel('Reason').fill('The database is moved.');
    await dialog(administrator).getByRole('button', { name: 'Terminate session' }).click();
    expect(await terminal.ended('terminated')).toContain('An administrator ended this session.');
    await expect(terminal.end).toContainText('Reason: The database is moved.');
    await expect(administrator.getByText('An administrator ended this session.')).toBeVisible();
  });
});

test.describe('tickets', () => {
  test('one that has expired opens nothing, and the screen says what to do', async ({ house, browserOf, watch }) => {
    watch.allow(refusedSocket);
    const { person, computer } = await arrange(house);
    const page = await browserOf(person);
    // The ticket is made to expire on its way to the page.
    await page.context().route('**/session/*', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      const response = await route.fetch();
      await house.admin.ctx.connection.sql`update tickets set expires_at = now() - interval '1 second'
        where session_id = ${new URL(route.request().url()).pathname.split('/').at(-1) ?? ''}`;
      return route.fulfill({ response });
    });
    await page.goto('/');
    const terminal = await connect(page, computer.name);
    expect(await terminal.ended(undefined)).toContain('Access expired, start again from the shop.');
  });

  test('one that was used opens nothing again, and what it opened runs on', async ({ house }) => {
    const { person, computer } = await arrange(house);
    const visitor = await house.visitor(person);
    const sessionId = await visitor.request(computer.guid);
    const ticket = await visitor.ticket(sessionId);
    const terminal = visitor.socket(ticket);
    await terminal.opened();
    terminal.resize(80, 24);
    await terminal.control('opened');
    expect(await visitor.refusalOf(ticket)).toBe(401);
    terminal.type('echo on-$((40 + 2))\n');
    await terminal.saw('on-42');
    terminal.close();
    expect(await terminal.ended()).toMatchObject({ reason: 'closed' });
    expect((await auditOf(house.admin.ctx, sessionId, 'ticket.refused')).length).toBeLessThanOrEqual(1);
  });

  test("somebody else's opens nothing, for them or for its owner", async ({ house }) => {
    const { person, computer } = await arrange(house);
    const owner = await house.visitor(person);
    const thief = await house.visitor(await house.admin.person());
    const sessionId = await owner.request(computer.guid);
    const ticket = await owner.ticket(sessionId);
    expect(await thief.refusalOf(ticket)).toBe(401);
    expect(await owner.refusalOf(ticket)).toBe(401);
    expect(await auditOf(house.admin.ctx, sessionId, 'ticket.refused')).not.toHaveLength(0);
    await expect(thief.ticket(sessionId)).rejects.toThrow('not_found');
  });

  test('a good one needs its cookie and a page of ours', async ({ house }) => {
    const { person, computer } = await arrange(house);
    const visitor = await house.visitor(person);
    const newTicket = async () => visitor.ticket(await visitor.request(computer.guid));
    expect(await visitor.refusalOf(await newTicket(), { headers: {} })).toBe(401);
    expect(await visitor.refusalOf(await newTicket(), { origin: 'http://evil.example' })).toBe(401);
    expect(await visitor.refusalOf(await newTicket(), { origin: 'null' })).toBe(401);
  });
});

test.describe("somebody else's recording", () => {
  test('a user, an administrator who is no auditor, and the auditor it shows, may not see it', async ({
    house,
    browserOf,
    watch,
  }) => {
    watch.allow(refusedRequest);
    const { admin, hosts } = house;
    const auditor = await admin.person(['user', 'auditor']);
    const computer = await admin.computer(hosts.open);
    await admin.grant(auditor, computer);
    const { sessionId, terminal } = await (await house.visitor(auditor)).open(computer.guid);
    terminal.type('exit\n');
    await terminal.ended();
    await untilEnded(admin.ctx, sessionId);

    const stranger = await browserOf(await admin.person());
    await stranger.goto(`/sessions/${sessionId}`);
    await expect(stranger.getByRole('heading', { name: /not/i }).first()).toBeVisible();
    expect(await statusesOfParts(stranger, sessionId)).toEqual([404, 404, 404]);

    const administrator = await browserOf(house.login('admin'));
    await administrator.goto(`/sessions/${sessionId}`);
    await expect(administrator.getByText('Only auditors replay recordings.')).toBeVisible();
    await expect(administrator.getByRole('link', { name: 'Download zip' })).toHaveCount(0);
    expect(await statusesOfParts(administrator, sessionId)).toEqual([403, 403, 403]);

    const own = await browserOf(auditor);
    await own.goto(`/sessions/${sessionId}`);
    await expect(own.getByText('Nobody may review their own session.')).toBeVisible();
    expect(await statusesOfParts(own, sessionId)).toEqual([403, 403, 403]);

    expect(await auditOf(admin.ctx, sessionId, 'recording.viewed')).toEqual([]);
    const reviewer = await browserOf(house.login('auditor'));
    await reviewer.goto('/');
    expect(await statusesOfParts(reviewer, sessionId)).toEqual([200, 200, 200]);
    expect(await auditOf(admin.ctx, sessionId, 'recording.viewed')).not.toEqual([]);
  });
});

/** Calls a server action as its page would, with another argument. */
function callAction(page: Page, id: string, argument: object): Promise<string> {
  return page.evaluate(
    async ([action, body]) => {
      const headers = { 'next-action': action ?? '', accept: 'text/x-component', 'content-type': 'text/plain' };
      return (await fetch('/', { method: 'POST', headers, body: body ?? '' })).text();
    },
    [id, JSON.stringify([argument])],
  );
}

function statusesOfParts(page: Page, sessionId: string): Promise<number[]> {
  return page.evaluate(async (id) => {
    const parts = ['manifest.json', 'typescript', 'recording.zip'];
    return Promise.all(parts.map(async (part) => (await fetch(`/api/recordings/${id}/${part}`)).status));
  }, sessionId);
}

/**
 * Nobody works before they agreed to the terms in force, whichever way they come, and the version and hash of what they
 * agreed to stay with the session and its recording. Everybody is asked once for each version. Whoever declines has
 * changed nothing, and a text that was changed while somebody read it is read again.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { valueIn } from '../db/testing/value-in.ts';
import { askGatewayToOpen } from '../server/front/control-socket.ts';
import type { LaunchId, SessionId } from '../server/ids.ts';
import { PublishTermsInputSchema, publishTerms } from '../server/launch/terms.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, test as base, expect, type House, openHouse } from './test.ts';
import { newName } from './testbed/administration.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { cookiesOf, launchFormFor } from './testbed/launch-forms.ts';
import { gatewaySocketOf } from './testbed/opening.ts';
import { dialog, LaunchPage, openTerminal, startLaunch, TerminalPage } from './testbed/pages.ts';

/** A house of its own: what is published there is asked of everybody. */
const test = base.extend<object, { house: House }>({
  house: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures that are asked for
    async ({}, use) => {
      const house = await openHouse();
      await use(house);
      await house.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

/** Puts a text in force that was never in force before; answers it with its version. */
async function publish({ admin }: House, about = 'You are recorded.') {
  const text = `${newName('Terms')}\n\n${about}`;
  const input = PublishTermsInputSchema.parse({ text });
  const { version } = valueIn(await publishTerms(admin.ctx, admin.actor, input));
  return { text, version, sha256: createHash('sha256').update(text, 'utf8').digest('hex') };
}

async function acceptedBy({ admin }: House, personId: string): Promise<number[]> {
  const rows = await admin.ctx.connection.sql<{ version: number }[]>`
    select version from terms_acceptances where person_id = ${personId} order by version`;
  return rows.map(({ version }) => version);
}

async function checkOutsOf({ admin }: House, personId: string): Promise<number> {
  return (await admin.ctx.connection.sql`select 1 from check_outs where person_id = ${personId}`).length;
}

/** Connect, as far as the tab in which the terms are to be read. */
async function readTermsFor(page: Page, computerName: string): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: `Connect to ${computerName}` }).click();
  const tab = await opened;
  await expect(tab.getByRole('heading', { name: 'Terms of use' })).toBeVisible();
  return tab;
}

test('are published by a form, shown as they were written, and never changed', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  await page.goto('/terms');
  await page.getByRole('button', { name: 'Publish terms' }).click();
  const text = 'First line.\n  Second line, <b>not bold</b>.\n\n<script>alert(1)</script>';
  await dialog(page).getByLabel('Text').fill(text);
  await dialog(page).getByRole('button', { name: 'Publish' }).click();
  const row = page.getByRole('table', { name: 'Terms' }).getByRole('row').nth(1);
  await expect(row).toContainText(createHash('sha256').update(text).digest('hex').slice(0, 16));
  await page
    .getByRole('button', { name: /^Read version/ })
    .first()
    .click();
  const reading = page.getByRole('dialog', { name: /^Terms, version/ });
  await expect(reading).toContainText('<b>not bold</b>');
  expect(await reading.locator('script, b').count()).toBe(0);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Publish terms' }).click();
  const publishing = page.getByRole('dialog', { name: 'Publish terms' });
  await expect(publishing.getByLabel('Text')).toHaveValue(text);
  await publishing.getByRole('button', { name: 'Publish' }).click();
  await expect(publishing).toContainText('This is the text that is in force already.');
});

test("are nobody's to publish but an administrator's", async ({ house, browserOf, watch }) => {
  watch.allow(/status of 404/);
  for (const role of ['user', 'auditor'] as const) {
    const page = await browserOf(house.login(role));
    await page.goto('/terms');
    await expect(page.getByRole('button', { name: 'Publish terms' })).toHaveCount(0);
    await expect(page.getByRole('main')).not.toContainText('SHA-256');
  }
});

test('declined: the tab goes, and nothing has happened', async ({ house, browserOf }) => {
  const { text } = await publish(house);
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/');
  const tab = await readTermsFor(page, computer.name);
  await expect(tab.getByRole('region', { name: 'Terms of use' })).toContainText(text.split('\n')[0] ?? '');
  const closed = tab.waitForEvent('close');
  await tab.getByRole('button', { name: 'Decline' }).click();
  await closed;
  expect(await acceptedBy(house, person.id)).toEqual([]);
  expect(await checkOutsOf(house, person.id)).toBe(0);
  const again = await readTermsFor(page, computer.name);
  await expect(again.getByRole('button', { name: 'I agree' })).toBeVisible();
});

test('agreed to once for each version, by keyboard alone, and kept with session and recording', async ({
  house,
  browserOf,
}) => {
  const { ctx } = house.admin;
  const first = await publish(house, Array.from({ length: 80 }, (_, at) => `Rule ${at + 1}.`).join('\n'));
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/');
  const tab = await readTermsFor(page, computer.name);
  const reading = tab.getByRole('region', { name: 'Terms of use' });
  await reading.focus();
  await tab.keyboard.press('End');
  await expect.poll(() => reading.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
  await tab.keyboard.press('Tab');
  await expect(tab.getByRole('button', { name: 'Decline' })).toBeFocused();
  await tab.keyboard.press('Tab');
  await expect(tab.getByRole('button', { name: 'I agree' })).toBeFocused();
  await tab.keyboard.press('Enter');
  await tab.waitForURL(/\/start\/[\w-]{36}$/);
  const launch = new LaunchPage(tab);
  await launch.arrived();
  await launch.open(masterPassword);
  const terminal = new TerminalPage(tab);
  await terminal.open();
  expect(await acceptedBy(house, person.id)).toEqual([first.version]);

  // Nobody is asked twice; and a new version does not touch what runs.
  const second = await openTerminal(page, computer.name);
  const newer = await publish(house);
  await terminal.line('echo on-$((40 + 2))');
  await terminal.shows('on-42');
  await second.page.getByRole('button', { name: 'Disconnect' }).click();
  await second.ended('closed');
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');

  const sessionId = terminal.sessionId as SessionId;
  const { path } = await untilEnded(ctx, sessionId);
  const manifest = await readFile(join(house.stack.recordingsDir, path ?? '', 'manifest.json'), 'utf8');
  expect(manifest).toContain(first.sha256);
  await page.goto(`/sessions/${sessionId}`);
  await expect(page.getByRole('main')).toContainText(`Version ${first.version}`);
  await expect(page.getByRole('main')).toContainText(first.sha256);

  await page.goto('/');
  const asked = await readTermsFor(page, computer.name);
  await expect(asked.getByText(`Version ${newer.version}.`)).toBeVisible();
  const [accepted] = await ctx.connection.sql<{ subject: object }[]>`select subject from audit_events
    where kind = 'terms.accepted' and actor_id = ${person.id}`;
  expect(accepted?.subject).toMatchObject({ version: first.version, sha256: first.sha256 });
  expect(await auditOf(ctx, sessionId, 'session.opened')).toHaveLength(1);
});

test('changed while somebody reads them: what was not read is not agreed to', async ({ house, browserOf }) => {
  await publish(house);
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/');
  const tab = await readTermsFor(page, computer.name);
  const { version } = await publish(house, 'Something else.');
  await tab.getByRole('button', { name: 'I agree' }).click();
  await expect(tab.getByRole('alert').filter({ hasText: 'The terms were changed in the meantime.' })).toBeVisible();
  expect(await acceptedBy(house, person.id)).toEqual([]);
  await tab.reload();
  await expect(tab.getByRole('region', { name: 'Terms of use' })).toContainText('Something else.');
  await tab.getByRole('button', { name: 'I agree' }).click();
  await tab.waitForURL(/\/start\/[\w-]{36}$/);
  expect(await acceptedBy(house, person.id)).toEqual([version]);
});

test('of a launch from elsewhere come before its password, and cannot be gone around', async ({
  house,
  signedIn,
  foreign,
}) => {
  const { person, computer } = await arrange(house);
  const page = await signedIn(person);
  const fields = await launchFormFor(page, house.admin.ctx, computer.guid);
  const { version } = await publish(house);
  await foreign.send(page, { action: `${house.stack.baseUrl}/start`, fields });
  await expect(page.getByRole('heading', { name: 'Terms of use' })).toBeVisible();
  await expect(page.getByLabel('Master password')).toHaveCount(0);

  const launchId = new URL(page.url()).pathname.split('/').at(-1) as LaunchId;
  const cookieHeader = await cookiesOf(page, house.stack.baseUrl);
  const around = { launchId, password: masterPassword, cookieHeader };
  const socket = gatewaySocketOf(house.stack.dataDir);
  expect(await askGatewayToOpen(socket, around)).toMatchObject({ ok: false, code: 'terms_not_accepted' });

  const launch = new LaunchPage(page);
  await launch.arrived();
  expect(await acceptedBy(house, person.id)).toContain(version);
  await launch.open(masterPassword);
  await new TerminalPage(page).open();
});

test('that come into force while a password is typed are read before anything opens', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/');
  const launch = await startLaunch(page, computer.name);
  await publish(house);
  await launch.open(masterPassword);
  await expect(launch.page.getByTestId('launch-failed')).toContainText('Please read and accept the terms first.');
  const open = await house.admin.ctx.connection.sql`select 1 from sessions
    where person_id = ${person.id} and state <> 'requested'`;
  expect(open).toHaveLength(0);
});

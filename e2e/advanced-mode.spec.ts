/**
 * The shop as people use it: they mark computers, search, go back to what they worked on last, and see why Connect is greyed
 * out. In Advanced Mode they choose the right and the credential, shared or their own, and from when to when; what they
 * chose survives the terms, and the terminal is signed in with it.
 */
import type { Page } from '@playwright/test';
import { valueIn } from '../db/testing/value-in.ts';
import type { AccessLevelId, CredentialId } from '../server/ids.ts';
import { createAccessLevel } from '../server/inventory/access-levels.ts';
import { addComputerCredential } from '../server/inventory/computer-credentials.ts';
import { CreateComputerInputSchema, createComputer } from '../server/inventory/create-computer.ts';
import { CreateCredentialInputSchema } from '../server/inventory/credential-input.ts';
import { CreateGrantInputSchema, createGrant } from '../server/inventory/grants.ts';
import { createPersonalCredential } from '../server/inventory/personal-credentials.ts';
import { publishTerms } from '../server/launch/terms.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House, openHouse, test } from './test.ts';
import { type NewComputer, type NewPerson, newName } from './testbed/administration.ts';
import { dialog, LaunchPage, openTerminal, shopItem, TerminalPage } from './testbed/pages.ts';

/** A right at a level of its own, with a credential of the account for it. */
async function levelled({ admin, account }: House, person: NewPerson, computer: NewComputer) {
  const { ctx, actor } = admin;
  const level = newName('Level');
  const made = await createAccessLevel(ctx, actor, { name: level, description: '' });
  const accessLevelId: AccessLevelId = valueIn(made).accessLevelId;
  const credentialId = await admin.credential({ type: 'ssh_key', privateKey: account.privateKey });
  valueIn(await addComputerCredential(ctx, actor, { computerId: computer.id, credentialId, accessLevelId }));
  const policyId = await admin.policy({ allowCopy: true });
  const which = { personId: person.id, computerId: computer.id, policyId, accessLevelId };
  valueIn(await createGrant(ctx, actor, CreateGrantInputSchema.parse(which)));
  return { level, credentialId };
}

/** A credential of the person's own for the tests' account; answers its name. */
async function ownCredential({ account, admin, visitor }: House, person: NewPerson): Promise<string> {
  const name = newName('My key');
  const secret = { type: 'ssh_key', privateKey: account.privateKey };
  const input = CreateCredentialInputSchema.parse({ name, username: account.name, ...secret });
  valueIn(await createPersonalCredential(admin.ctx, await (await visitor(person)).actor(), input));
  return name;
}

async function openAdvanced(page: Page, name: string) {
  await page.getByRole('button', { name: `More ways for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Advanced Mode…' }).click();
  const form = dialog(page);
  await expect(form).toContainText(`Advanced Mode: ${name}`);
  await expect(form.getByRole('radio').first()).toBeVisible();
  return form;
}

/** Presses Connect in the dialog and follows the tab that opens. */
async function connectFrom(page: Page): Promise<LaunchPage> {
  const opened = page.context().waitForEvent('page');
  await dialog(page).getByRole('button', { name: 'Connect', exact: true }).click();
  const launch = new LaunchPage(await opened);
  await launch.arrived();
  return launch;
}

async function works(launch: LaunchPage, password: string): Promise<TerminalPage> {
  await launch.open(password);
  await launch.page.waitForURL(/\/session\//);
  const terminal = new TerminalPage(launch.page);
  await terminal.open();
  await terminal.line('echo chosen-$((40 + 2))');
  await terminal.shows('chosen-42');
  return terminal;
}

async function sessionFacts({ admin }: House, terminal: TerminalPage) {
  const [row] = await admin.ctx.connection.sql<
    { kind: string; level: string | null; credential: CredentialId | null; until: Date | null }[]
  >`select credential_kind as kind, access_level as level, credential_id as credential, check_out_ends_at as until
    from sessions where id = ${terminal.sessionId}`;
  return row;
}

test('computers are marked, searched, and found again where one worked last', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const second = await house.admin.computer(house.hosts.open);
  await house.admin.grant(person, second);
  const page = await browserOf(person);
  await page.goto('/');
  await expect(page.getByRole('link', { name: 'Manage Access' })).toHaveAttribute('aria-current', 'page');
  const names = page.getByRole('list', { name: 'Computers' }).getByRole('heading', { level: 2 });
  await expect(names).toHaveCount(2);

  await test.step('a star puts a computer first, by keyboard too, and stays', async () => {
    const star = page.getByRole('button', { name: `Favorite: ${second.name}` });
    await star.focus();
    await page.keyboard.press('Enter');
    await expect(star).toHaveAttribute('aria-pressed', 'true');
    await expect(names.first()).toContainText(second.name);
    await expect(star).toBeFocused();
    await page.reload();
    await expect(names.first()).toContainText(second.name);
    await star.click();
    await expect(star).toHaveAttribute('aria-pressed', 'false');
    await expect(names.first()).toContainText(computer.name);
  });

  await test.step('the search is in the address and keeps the focus', async () => {
    const search = page.getByRole('searchbox', { name: 'Search computers' });
    await search.fill(second.name);
    await expect(names).toHaveCount(1);
    await expect(search).toBeFocused();
    await expect(page).toHaveURL(/\?q=/);
    await search.fill('nothing is called so');
    await expect(page.getByText('Nothing matches')).toBeVisible();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect(names).toHaveCount(2);
  });

  await test.step('what one worked on is one press away', async () => {
    const again = page.getByRole('button', { name: `Connect again to ${computer.name}` });
    await expect(again).toHaveCount(0);
    const terminal = await openTerminal(page, computer.name);
    await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
    await terminal.ended('closed');
    await page.goto('/');
    const opened = page.context().waitForEvent('page');
    await again.click();
    const launch = new LaunchPage(await opened);
    await launch.arrived();
    await works(launch, masterPassword);
  });
});

test('a shared credential of another level is chosen, by keyboard, for a time', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const { level, credentialId } = await levelled(house, person, computer);
  const page = await browserOf(person);
  await page.goto('/');
  const form = await openAdvanced(page, computer.name);
  await expect(form.getByRole('radio', { name: 'Standard access' })).toBeChecked();
  await expect(form.getByText('No copy')).toBeVisible();
  await form.getByRole('radio', { name: 'Standard access' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(form.getByRole('radio', { name: level })).toBeChecked();
  await expect(form.getByText('Copy allowed')).toBeVisible();

  await form.getByLabel('End').fill('2001-01-01T00:00');
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(form.getByText('Choose an end that is still to come')).toBeVisible();
  await expect(form.getByLabel('End')).toBeFocused();
  await form.getByLabel('End').fill(localField(60 * 60_000));
  await form.getByLabel('Delay in seconds').fill('2');
  const launch = await connectFrom(page);
  await expect(form).toHaveCount(0);

  const terminal = await works(launch, masterPassword);
  const facts = await sessionFacts(house, terminal);
  expect(facts).toMatchObject({ kind: 'shared', level, credential: credentialId });
  expect(facts?.until).not.toBeNull();
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');
});

test('one’s own credential is chosen where nothing else is stored, and survives the terms', async ({
  house,
  browserOf,
}) => {
  const { admin, hosts } = house;
  const person = await admin.person();
  const fields = { name: newName('Bare'), mode: 'SSH', server: '127.0.0.1', port: hosts.open.port };
  const input = CreateComputerInputSchema.parse({ ...fields, sharedCredentialId: '' });
  const { computerId: id, guid } = valueIn(await createComputer(admin.ctx, admin.actor, input));
  await admin.pin(hosts.open);
  await admin.grant(person, { id, guid, name: fields.name });
  const page = await browserOf(person);
  const card = shopItem(page, fields.name);

  await page.goto('/');
  await expect(card).toContainText('No shared or personal credentials are available.');
  await expect(card.getByRole('button', { name: 'More ways' })).toHaveCount(0);

  const mine = await ownCredential(house, person);
  valueIn(await publishTerms(admin.ctx, admin.actor, { text: `Whoever works here agrees: ${newName('terms')}.` }));
  await page.reload();
  await expect(card).toContainText('Choose one in Advanced Mode.');
  await expect(card.getByRole('button', { name: 'Connect to' })).toHaveAttribute('aria-disabled', 'true');
  const form = await openAdvanced(page, fields.name);
  await expect(form.getByRole('radio', { name: mine })).toBeChecked();

  const opened = page.context().waitForEvent('page');
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
  const tab = await opened;
  await expect(tab.getByRole('heading', { name: 'Terms of use' })).toBeVisible();
  await expect(tab).toHaveURL(/\/start\/terms\?/);
  const launch = new LaunchPage(tab);
  await launch.arrived();
  const terminal = await works(launch, masterPassword);
  expect(await sessionFacts(house, terminal)).toMatchObject({ kind: 'personal', level: null });

  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');
  await terminal.page.getByRole('button', { name: 'Connect again' }).click();
  const second = new LaunchPage(terminal.page);
  await second.arrived();
  await works(second, masterPassword);
});

test('what somebody else has for themselves is greyed out until they are done', async ({ house, browserOf }) => {
  const { person: first, computer } = await arrange(house, { exclusiveCheckOut: true });
  const other = await house.admin.person();
  await house.admin.grant(other, computer);
  const page = await browserOf(other);
  const card = shopItem(page, computer.name);
  const { terminal } = await (await house.visitor(first)).open(computer.guid);
  await page.goto('/');
  await expect(card).toContainText('Somebody else works with this credential');
  await expect(card.getByRole('button', { name: 'Connect to' })).toHaveAttribute('aria-disabled', 'true');
  terminal.type('exit\n');
  await terminal.ended();
  await expect(async () => {
    await page.reload();
    await expect(card).toContainText('Recorded', { timeout: 1000 });
  }).toPass();
});

test('it fits a phone, and every control of the dialog has a name', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  await levelled(house, person, computer);
  await ownCredential(house, person);
  const page = await browserOf(person, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto('/');
  const form = await openAdvanced(page, computer.name);
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBe(0);
  for (const group of ['Access', 'Shared credential', 'Your own credential', 'Time']) {
    await expect(form.getByRole('group', { name: group })).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await expect(form).toHaveCount(0);
  await expect(page.getByRole('button', { name: `More ways for ${computer.name}` })).toBeFocused();
});

test.describe('where a setting hides what nobody granted', () => {
  test('there is no view of all, and whom to ask stands beside each refusal', async ({ newBrowser, later }) => {
    const house = await openHouse();
    later(() => house.close());
    const { admin, stack } = house;
    const set = (name: string, value: string | boolean) =>
      admin.ctx.connection.sql`
        insert into settings (name, value, changed_at) values (${name}, ${JSON.stringify(value)}::jsonb, now())`;
    await set('shopShowsAll', false);
    await set('helpContact', 'Ada, ext. 42');
    const context = await newBrowser(stack.baseUrl);
    const { cookie } = await house.visitor(house.login('user'));
    for (const pair of cookie.split('; ')) {
      const [name = '', ...value] = pair.split('=');
      await context.addCookies([{ name, value: value.join('='), url: stack.baseUrl }]);
    }
    const page = await context.newPage();
    await page.goto('/?view=all');
    await expect(shopItem(page, 'Build server')).toBeVisible();
    await expect(page.getByRole('link', { name: 'All computers' })).toHaveCount(0);
    await expect(shopItem(page, 'Payroll archive')).toContainText('Help: Ada, ext. 42');
  });
});

/** What a field of the browser's own time holds, so long from now. */
function localField(inMs: number): string {
  const at = new Date(Date.now() + inMs);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

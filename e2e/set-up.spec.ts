/**
 * A plain start on an empty database prints a link, good once, that makes the first administrator. With forms alone that
 * person then lets somebody work: a person, a credential (an encrypted Ed25519 key), a computer, a policy, a grant. The
 * newcomer approves the host key that the real host shows, and is in.
 */
import type { Page } from '@playwright/test';
import { Stack } from './stack.ts';
import { expect, test } from './test.ts';
import { Account } from './testbed/account.ts';
import { add, choose, connect, dialog, row, shopItem, signIn } from './testbed/pages.ts';

test('from an empty database to a session, by forms alone', async ({ newBrowser, later }) => {
  test.slow(); // The whole way, from nothing to a terminal.
  const account = await Account.prepare();
  later(() => account.remove());
  const host = await account.host('first');
  const stack = await Stack.start({ demo: false, allowTargets: [`127.0.0.1:${host.port}`] });
  later(() => stack.stop());
  const [link] = await stack.printed(/http:\/\/localhost:\d+\/set-up#token=[\w-]{43}/);
  expect(stack.words.match(/set-up#token=/g)).toHaveLength(1);

  const admin = await (await newBrowser(stack.baseUrl)).newPage();
  await test.step('the link makes the first administrator', async () => {
    await admin.goto(link);
    await expect(admin).toHaveURL(`${stack.baseUrl}/set-up`);
    await setUp(admin, { name: 'Ada First', email: 'ada@e2e.example' });
    await admin.waitForURL(`${stack.baseUrl}/`);
    await expect(admin.getByRole('button', { name: 'Account of Ada First' })).toBeVisible();
  });

  await test.step('a person', async () => {
    await add(admin, '/people', 'Add person', async (form) => {
      await form.getByLabel('Name').fill('Uri Newcomer');
      await form.getByLabel('Email').fill('uri@e2e.example');
      await form.getByLabel('Password', { exact: true }).fill('short');
    });
    await expect(dialog(admin).getByText('Use at least 12 characters.')).toBeVisible();
    await dialog(admin).getByLabel('Password', { exact: true }).fill('uri has a long password');
    await dialog(admin).getByRole('button', { name: 'Add person' }).click();
    await expect(row(admin, 'People', 'Uri Newcomer')).toContainText('uri@e2e.example');
  });

  await test.step('a credential: an encrypted Ed25519 key', async () => {
    const privateKey = account.encryptedKey('a passphrase');
    await add(admin, '/credentials', 'Add credential', async (form) => {
      await form.getByLabel('Record type').selectOption({ label: 'SSH key' });
      await form.getByLabel('Name', { exact: true }).fill('Deploy key');
      await form.getByLabel('User name').fill(account.name);
      await form.getByLabel('Private key', { exact: true }).fill(privateKey);
      await form.getByLabel('Passphrase').fill('not the passphrase');
    });
    await expect(dialog(admin).getByText('This passphrase does not open this key.')).toBeVisible();
    await dialog(admin).getByLabel('Passphrase').fill('a passphrase');
    await dialog(admin).getByRole('button', { name: 'Add credential' }).click();
    await expect(row(admin, 'Credentials', 'Deploy key')).toContainText(account.name);
  });

  await test.step('a computer, a policy, a grant', async () => {
    await add(admin, '/computers', 'Add computer', async (form) => {
      await form.getByLabel('Name', { exact: true }).fill('First host');
      await form.getByLabel('Host name or address').fill('127.0.0.1');
      await form.getByLabel('Port').fill(String(host.port));
      await choose(form, 'Credential', 'Deploy key');
    });
    await expect(row(admin, 'Computers', 'First host')).toContainText('no host key yet');
    await add(admin, '/policies', 'Add policy', async (form) => {
      await form.getByLabel('Name', { exact: true }).fill('Recorded');
      await form.getByLabel('Approve the host key of a new computer').check();
    });
    await expect(row(admin, 'Policies', 'Recorded')).toContainText('Required');
    await add(admin, '/grants', 'Add grant', async (form) => {
      await choose(form, 'Person or group', 'Uri Newcomer');
      await choose(form, 'Computer', 'First host');
      await choose(form, 'Policy', 'Recorded');
    });
    await expect(row(admin, 'Grants', 'Uri Newcomer')).toContainText('First host');
  });

  await test.step('the newcomer works', async () => {
    const user = await (await newBrowser(stack.baseUrl)).newPage();
    await signIn(user, { email: 'uri@e2e.example', password: 'uri has a long password' });
    await user.goto('/master-password');
    await user.getByLabel('Master password').fill('uri has a master password too');
    await user.getByRole('button', { name: 'Set master password' }).click();
    await expect(shopItem(user, 'First host')).toContainText('Policy Recorded');
    const terminal = await connect(user, 'First host', 'uri has a master password too');
    await expect(terminal.page.getByTestId('host-key-fingerprint')).toHaveText(host.hostKeyFingerprint);
    await terminal.page.getByRole('button', { name: 'Trust and connect' }).click();
    await terminal.open();
    await terminal.line('echo sum-$((40 + 2))');
    await terminal.shows('sum-42');
    await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
    expect(await terminal.ended('closed')).toContain('You ended this session.');
  });

  await test.step('the link is good once', async () => {
    const late = await (await newBrowser(stack.baseUrl)).newPage();
    await late.goto(link);
    await setUp(late, { name: 'Eve Second', email: 'eve@e2e.example' });
    await expect(late.getByText('This set-up link was used or has expired.')).toBeVisible();
    await admin.goto('/people');
    await expect(row(admin, 'People', 'Ada First')).toBeVisible();
    await expect(row(admin, 'People', 'Eve Second')).toHaveCount(0);
  });
});

async function setUp(page: Page, { name, email }: { name: string; email: string }): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Create administrator' }).click();
}

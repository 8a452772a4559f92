/**
 * Credentials as their keepers live with them: a record type of one's own with typed fields, a credential that is found by
 * its star, one that uses the secret of another, and the test that says in plain words whether it works, shared and own.
 */
import type { Locator, Page } from '@playwright/test';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, test } from './test.ts';
import { newName } from './testbed/administration.ts';
import { choose, dialog } from './testbed/pages.ts';

const row = (page: Page, table: string, text: string): Locator =>
  page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });

async function act(page: Page, table: string, name: string, what: string): Promise<void> {
  await row(page, table, name)
    .getByRole('button', { name: `Actions for ${name}` })
    .click();
  await page.getByRole('menuitem', { name: what }).click();
}

/** The list from the address that finds this name, loaded. */
async function find(page: Page, path: string, name: string): Promise<void> {
  await page.goto(`${path}?q=${encodeURIComponent(name)}`);
}

async function addCredential(page: Page, name: string, fill: (form: Locator) => Promise<void>): Promise<void> {
  await page.goto('/credentials');
  await page.getByRole('button', { name: 'Add credential' }).click();
  const form = dialog(page);
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('User name').fill('operator');
  await fill(form);
  const submit = form.getByRole('button', { name: 'Add credential' });
  await submit.click();
  await expect(submit).toHaveCount(0);
}

test('a record type of one’s own asks for its fields, and is disabled when it is no longer wanted', async ({
  house,
  browserOf,
}) => {
  const page = await browserOf(house.login('admin'));
  const [type, credential] = [newName('Switch'), newName('Core switch')];
  await page.goto('/record-types');
  await page.getByRole('button', { name: 'Add record type' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(type);
  await dialog(page).getByLabel('Secret').selectOption({ label: 'Password' });
  await dialog(page).getByRole('button', { name: 'Add record type' }).click();
  await page.getByRole('link', { name: type }).click();
  await expect(page.getByText('No fields of its own')).toBeVisible();

  const addField = async (name: string, label: string, values: string, required: boolean) => {
    await page.getByRole('button', { name: 'Add field' }).click();
    await dialog(page).getByLabel('Name', { exact: true }).fill(name);
    await dialog(page).getByLabel('Label').fill(label);
    await dialog(page).getByLabel('Values').selectOption({ label: values });
    if (required) await dialog(page).getByLabel('Required').check();
    await dialog(page).getByRole('button', { name: 'Add field' }).click();
  };
  await addField('no good', 'Owner', 'Text', true);
  await expect(dialog(page).getByText('Enter a name of letters, digits and underscores')).toBeVisible();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Owner');
  await dialog(page).getByRole('button', { name: 'Add field' }).click();
  await expect(row(page, 'Fields', 'Owner')).toContainText('Required');
  await addField('Warranty', 'Warranty until', 'Date', false);
  await expect(row(page, 'Fields', 'Warranty until')).toContainText('Not yet');

  await addCredential(page, credential, async (form) => {
    await form.getByLabel('Record type').selectOption({ label: type });
    await form.getByLabel('Password', { exact: true }).fill('of the switch');
    await form.getByLabel('Owner').fill('Network team');
    await form.getByLabel('Warranty until').fill('2028-02-29');
  });
  await find(page, '/credentials', credential);
  await expect(row(page, 'Credentials', credential)).toContainText(type);
  await act(page, 'Credentials', credential, 'Edit or replace');
  await expect(dialog(page).getByLabel('Owner')).toHaveValue('Network team');
  await expect(dialog(page).getByLabel('Warranty until')).toHaveValue('2028-02-29');
  await page.keyboard.press('Escape');

  await find(page, '/record-types', type);
  await page.getByRole('link', { name: type }).click();
  await act(page, 'Fields', 'Owner', 'Remove');
  await expect(dialog(page)).toContainText('1 credential has a value in this field.');
  await dialog(page).getByRole('button', { name: 'Remove with 1 value' }).click();
  await expect(row(page, 'Fields', 'Owner')).toHaveCount(0);

  await find(page, '/record-types', type);
  await act(page, 'Record types', type, 'Disable');
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await expect(row(page, 'Record types', type)).toContainText('Disabled');
  await page.goto('/credentials');
  await page.getByRole('button', { name: 'Add credential' }).click();
  await expect(dialog(page).getByLabel('Record type')).not.toContainText(type);
});

test('a star finds a credential again, and a reference record lends its secret', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  const [lender, borrower] = [newName('Lender'), newName('Borrower')];
  await addCredential(page, lender, (form) => form.getByLabel('Password', { exact: true }).fill('lent'));
  await expect(dialog(page)).toHaveCount(0);
  await addCredential(page, borrower, async (form) => {
    await form.getByLabel('Secret', { exact: true }).selectOption({ label: 'That of another credential' });
    await choose(form, 'Reference record', lender);
  });
  await expect(dialog(page)).toHaveCount(0);
  await find(page, '/credentials', borrower);
  await expect(row(page, 'Credentials', borrower)).toContainText(`Secret of ${lender}`);

  const star = page.getByRole('button', { name: `Favourite: ${borrower}` });
  await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'true');
  await page.goto('/credentials');
  await page.getByRole('columnheader', { name: 'Favourite' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=favorite/);
  await expect(page.getByRole('table', { name: 'Credentials' }).getByRole('row').nth(1)).toContainText(borrower);

  await find(page, '/credentials', lender);
  await act(page, 'Credentials', lender, 'Delete');
  await dialog(page).getByRole('button', { name: 'Delete credential' }).click();
  await expect(dialog(page)).toContainText(`Its secret is used by "${borrower}"`);
});

test('a test says whether a shared credential works, or what the computer refused', async ({ house, browserOf }) => {
  const works = await house.admin.computer(house.hosts.open);
  const wrong = await house.admin.computer(house.hosts.open, {
    secret: { type: 'password', password: 'not the password' },
  });
  const page = await browserOf(house.login('admin'));
  const testAt = async (computer: string) => {
    await find(page, '/credentials', computer);
    const [name] = await page.getByRole('table').getByRole('row').nth(1).getByRole('cell').nth(1).allInnerTexts();
    await act(page, 'Credentials', name ?? '', 'Test');
    await choose(dialog(page), 'Computer', computer);
    await dialog(page).getByRole('button', { name: 'Test', exact: true }).click();
  };
  await testAt(works.name);
  await expect(dialog(page).getByText('It works')).toBeVisible();
  await testAt(wrong.name);
  await expect(dialog(page).getByRole('alert')).toContainText('The computer');
  await expect(dialog(page)).not.toContainText('not the password');
});

test('an own credential is tested with the master password, where its owner may work', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Add credential' }).click();
  const form = dialog(page);
  await form.getByLabel('Record type').selectOption({ label: 'SSH key' });
  await form.getByLabel('Name', { exact: true }).fill('My key');
  await form.getByLabel('User name').fill(house.account.name);
  await form.getByLabel('Private key', { exact: true }).fill(house.account.privateKey);
  await form.getByRole('button', { name: 'Add credential' }).click();
  await expect(row(page, 'My credentials', 'My key')).toContainText('SSH key');

  await act(page, 'My credentials', 'My key', 'Test');
  await choose(dialog(page), 'Computer', computer.name);
  const test = dialog(page).getByRole('button', { name: 'Test', exact: true });
  await dialog(page).getByLabel('Master password').fill('a wrong master password');
  await test.click();
  await expect(dialog(page).getByText('This is not your master password.')).toBeVisible();
  await dialog(page).getByLabel('Master password').fill(masterPassword);
  await test.click();
  await expect(dialog(page).getByText('It works')).toBeVisible();
});

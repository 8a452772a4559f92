/** What an administrator sets under Settings counts at once, for forms that tell of it and for those who use them. */
import { expect, test } from './test.ts';
import { dialog, row } from './testbed/pages.ts';

test('a shortest password is set, told, held to, and set back', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Change: Shortest password' }).click();
  await dialog(page).getByLabel('Value').fill('11');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await expect(dialog(page).getByText('Enter a whole number of characters from 12 to 64.')).toBeVisible();
  await dialog(page).getByLabel('Value').fill('20');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Parameters', 'Shortest password')).toContainText('20 characters');
  await expect(row(page, 'Parameters', 'Shortest password')).toContainText('by Adam Novak');

  await page.goto('/people');
  await page.getByRole('button', { name: 'Add person' }).click();
  await expect(dialog(page).getByText('At least 20 characters.')).toBeVisible();
  await dialog(page).getByLabel('Name').fill('Sid Short');
  await dialog(page).getByLabel('Email').fill('sid@e2e.example');
  await dialog(page).getByLabel('Password', { exact: true }).fill('nineteen characters');
  await dialog(page).getByRole('button', { name: 'Add person' }).click();
  await expect(dialog(page).getByText('Use at least 20 characters.')).toBeVisible();

  await page.goto('/settings');
  await page.getByRole('button', { name: 'Change: Shortest password' }).click();
  await dialog(page).getByRole('button', { name: 'Use the default' }).click();
  await expect(row(page, 'Parameters', 'Shortest password')).toContainText('Default');
  await page.goto('/audit?kind=setting.changed');
  await expect(page.getByText('from “20 characters” to “12 characters”')).toBeVisible();
});

test('nobody else sees them', async ({ house, browserOf, watch }) => {
  watch.allow(/status of 404 .*\/settings/);
  const page = await browserOf(house.login('auditor'));
  await page.goto('/settings');
  await expect(page.getByRole('heading', { name: 'Settings' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
});

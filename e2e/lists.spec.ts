/**
 * Lists and forms of an administration with more in it than fits a screen: the server pages, sorts and searches, the
 * address says what is shown, and neither typing nor turning pages loses the focus. Forms find one of many while one
 * types. All of it works by keyboard alone and tells a screen reader what happens.
 */
import type { Page } from '@playwright/test';
import { expect, test } from './test.ts';
import { newName } from './testbed/administration.ts';
import { add, choose, dialog, row } from './testbed/pages.ts';

type House = Parameters<Parameters<typeof test>[2]>[0]['house'];

/** People `crowd-… nr001` and so on, past the forms: a list does not care who made them. */
async function crowd({ admin }: House, count: number): Promise<string> {
  const name = newName('crowd').replaceAll(' ', '-');
  await admin.ctx.connection.sql`
    insert into people (id, name, email, password_hash, roles)
    select gen_random_uuid(), ${name} || to_char(n, '" nr"FM000'), ${name} || n || '@e2e.example', '!', '{user}'
    from generate_series(1, ${count}::int) n`;
  return name;
}

const rows = (page: Page) => page.getByRole('table').getByRole('row');

test('a list is searched while one types, and the focus and every letter stay', async ({ house, browserOf }) => {
  const name = await crowd(house, 60);
  const page = await browserOf(house.login('admin'));
  await page.goto('/people');
  const search = page.getByRole('searchbox', { name: 'Search people' });
  await search.pressSequentially(`${name} nr01`, { delay: 40 });
  await expect(page.getByText('10 found')).toBeVisible();
  await expect(search).toBeFocused();
  await expect(search).toHaveValue(`${name} nr01`);
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === `${name} nr01`);
  await expect(rows(page)).toHaveCount(11);

  await search.press('End');
  await search.pressSequentially(' nobody', { delay: 300 }); // So slowly that each letter is searched for.
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await expect(search).toHaveValue(`${name} nr01 nobody`);
  await expect(search).toBeFocused();
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(search).toHaveValue('');
  await expect(rows(page).nth(1)).toBeVisible();
  await expect(page).toHaveURL((url) => url.pathname === '/people' && url.search === '');
});

test('pages are links; an address shows what it showed', async ({ house, browserOf }) => {
  const name = await crowd(house, 60);
  const page = await browserOf(house.login('admin'));
  await page.goto(`/people?q=${name}`);
  const pages = page.getByRole('navigation', { name: 'Pages of people' });
  await expect(pages).toContainText('1–50 of 60');
  const previous = pages.getByRole('link', { name: 'Previous page' });
  const next = pages.getByRole('link', { name: 'Next page' });
  await expect(previous).toHaveAttribute('aria-disabled', 'true');
  await next.focus();
  await page.keyboard.press('Enter');
  await expect(pages).toContainText('51–60 of 60');
  await expect(page).toHaveURL((url) => url.search === `?q=${name}&page=2`);
  await expect(next).toHaveAttribute('aria-disabled', 'true');
  await expect(next).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL((url) => url.search === `?q=${name}&page=2`);

  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue(name);
  await expect(row(page, 'People', `${name} nr060`)).toBeVisible();
  await page.goBack();
  await expect(pages).toContainText('1–50 of 60');
  await page.goto(`/people?q=${name}&page=77&sort=secret&dir=up`);
  await expect(pages).toContainText('51–60 of 60');
});

test('headers sort, say so, and begin at the first page', async ({ house, browserOf }) => {
  const name = await crowd(house, 60);
  const page = await browserOf(house.login('admin'));
  await page.goto(`/people?q=${name}&page=2`);
  const header = page.getByRole('columnheader', { name: 'Name' });
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  await header.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page).nth(1)).toContainText(`${name} nr060`);
  await expect(header.getByRole('button')).toBeFocused();
  await expect(page).toHaveURL((url) => url.search === `?q=${name}&dir=desc`);
  await page.getByRole('columnheader', { name: 'State' }).getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'none');
  await expect(page).toHaveURL((url) => url.search === `?q=${name}&sort=state`);
});

test('a phone can sort too', async ({ house, browserOf }) => {
  const name = await crowd(house, 3);
  const page = await browserOf(house.login('admin'), { viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto(`/people?q=${name}`);
  const button = page.getByRole('columnheader', { name: 'Name' }).getByRole('button');
  await expect(button).toBeInViewport();
  await button.tap();
  await expect(rows(page).nth(1)).toContainText(`${name} nr003`);
});

test('a grant is made by keyboard alone, out of more people than a list could hold', async ({ house, browserOf }) => {
  const name = await crowd(house, 300);
  const computer = await house.admin.computer(house.hosts.open);
  const page = await browserOf(house.login('admin'));
  const level = newName('Level');
  await add(page, '/access-levels', 'Add access level', async (form) => {
    await form.getByLabel('Name', { exact: true }).fill(level);
  });
  await expect(row(page, 'Access levels', level)).toContainText('Nothing yet');

  await page.goto('/grants');
  await page.getByRole('button', { name: 'Add grant' }).press('Enter');
  const form = dialog(page);
  const who = form.getByRole('combobox', { name: 'Person or group' });
  await who.focus();
  await page.keyboard.type(name);
  const list = page.getByRole('listbox');
  await expect(list.getByRole('option')).toHaveCount(20);
  await expect(page.getByText('These are the first 20. Type to narrow them down.')).toBeVisible();
  await page.keyboard.type(' nr299');
  await expect(list.getByRole('option')).toHaveCount(1);
  await expect(who).toHaveAttribute('aria-expanded', 'true');
  await expect(list.getByRole('option', { name: `${name} nr299` })).toHaveAttribute('data-highlighted', '');
  await page.keyboard.press('Enter');
  await expect(who).toHaveValue(`${name} nr299`);
  await expect(who).toHaveAttribute('aria-expanded', 'false');

  for (const [label, text] of [
    ['Computer', computer.name],
    ['Policy', 'Recorded'],
    ['Access level', level],
  ] as const) {
    const field = form.getByRole('combobox', { name: label });
    await tabTo(page, field);
    await page.keyboard.type(text);
    await expect(list.getByRole('option', { name: text })).toHaveAttribute('data-highlighted', '');
    await page.keyboard.press('Enter');
    await expect(field).toHaveValue(text);
  }
  await tabTo(page, form.getByRole('button', { name: 'Add grant' }));
  await page.keyboard.press('Enter');
  await expect(form).toHaveCount(0);

  await page.goto(`/grants?q=${name}`);
  await expect(row(page, 'Grants', `${name} nr299`)).toContainText(computer.name);
  await expect(row(page, 'Grants', `${name} nr299`)).toContainText(level);
  await page.goto('/access-levels');
  await page.getByRole('button', { name: `Actions for ${level}` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete access level' }).click();
  await expect(dialog(page)).toContainText('kept as evidence');
});

test('a field that searches closes by Escape alone, and says what is missing', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  await page.goto('/grants');
  await page.getByRole('button', { name: 'Add grant' }).click();
  const form = dialog(page);
  const who = form.getByRole('combobox', { name: 'Person or group' });
  await who.fill('nobody of this name');
  await expect(page.getByText('Nothing matches. Try fewer or other words.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await expect(form).toBeVisible();
  await form.getByRole('button', { name: 'Add grant' }).click();
  await expect(who).toHaveAttribute('aria-invalid', 'true');
  await expect(form).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(form).toHaveCount(0);
});

test('a group is filled one by one, and searched', async ({ house, browserOf }) => {
  const name = await crowd(house, 55);
  const page = await browserOf(house.login('admin'));
  const group = newName('Group');
  await add(page, '/groups', 'Add group', (form) => form.getByLabel('Name').fill(group));
  await expect(page.getByRole('heading', { level: 1, name: group })).toBeVisible();
  await expect(page.getByText('Nobody is in this group yet')).toBeVisible();
  for (const each of [`${name} nr007`, `${name} nr042`]) {
    await choose(page.getByRole('main'), 'Person to add', each);
    await page.getByRole('button', { name: 'Add member' }).click();
    await expect(row(page, 'Members', each)).toBeVisible();
    await expect(page.getByRole('combobox', { name: 'Person to add' })).toHaveValue('');
  }
  await page.getByRole('combobox', { name: 'Person to add' }).fill(`${name} nr007`);
  await expect(page.getByText('Nothing matches. Try fewer or other words.')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox', { name: 'Search members' }).fill('nr042');
  await expect(row(page, 'Members', `${name} nr007`)).toHaveCount(0);
  await page.getByRole('button', { name: `Take ${name} nr042 out` }).click();
  await dialog(page).getByRole('button', { name: 'Take out' }).click();
  await expect(page.getByText('Nothing matches')).toBeVisible();

  await page.goto('/groups');
  await page.getByRole('searchbox', { name: 'Search groups' }).fill(group);
  await expect(row(page, 'Groups', group).getByRole('cell').nth(1)).toHaveText('Members1');
});

test('a policy says whether credentials are people’s own, and one at a time', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  const name = newName('Policy');
  await add(page, '/policies', 'Add policy', async (form) => {
    await form.getByLabel('Name', { exact: true }).fill(name);
    await form.getByLabel('One person at a time').check();
  });
  // Stored: whoever leaves the page before gives it up.
  await expect(dialog(page).getByRole('button', { name: 'Add policy' })).toHaveCount(0);
  await page.goto(`/policies?q=${encodeURIComponent(name)}`);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await expect(dialog(page).getByLabel('One person at a time')).toBeChecked();
  await expect(dialog(page).getByLabel('Work with credentials of their own')).not.toBeChecked();
});

async function tabTo(page: Page, target: ReturnType<Page['getByRole']>): Promise<void> {
  for (let step = 0; step < 20; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

/**
 * The master password as people live with it: asked for at the first sign-in and postponed or set, unlocking a browser
 * until it is locked or closed, changed with every credential kept, and reset by an administrator who says what is lost.
 */
import type { BrowserContext, Page } from '@playwright/test';
import { expect, test } from './test.ts';
import { newName } from './testbed/administration.ts';
import { dialog } from './testbed/pages.ts';
import type { Login } from './testbed/visitor.ts';

const first = 'four words nobody says';
const second = 'five other words they say';

async function signInOnly(page: Page, { email, password }: Login): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function unlock(page: Page, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Unlock' }).click();
  await dialog(page).getByLabel('Master password').fill(password);
  await page.keyboard.press('Enter');
}

async function setFirst(page: Page, login: Login): Promise<void> {
  await signInOnly(page, login);
  await page.getByLabel('Master password').fill(first);
  await page.getByRole('button', { name: 'Set master password' }).click();
  // The time left is written by the browser: from then on the page is alive.
  await expect(page.getByRole('complementary').getByText(/^7 h \d+ min/)).toBeVisible();
}

async function addCredential(page: Page, name: string): Promise<void> {
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Add credential' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByLabel('User name').fill('ada');
  await dialog(page).getByLabel('Password', { exact: true }).fill('of my own account');
  await dialog(page).getByRole('button', { name: 'Add credential' }).click();
  await expect(credential(page, name)).toBeVisible();
}

const credential = (page: Page, name: string) =>
  page.getByRole('table', { name: 'My credentials' }).getByRole('row').filter({ hasText: name });

async function unlockCookie(context: BrowserContext) {
  return (await context.cookies()).find(({ name }) => name === 'sallyport.unlock');
}

test('set at the first sign-in, or later', async ({ house, newBrowser }) => {
  const person = await house.admin.person();
  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await signInOnly(page, person);
  await expect(page.getByRole('heading', { name: 'Choose a master password' })).toBeVisible();
  await page.getByRole('link', { name: 'Not now' }).click();
  await expect(page.getByRole('heading', { name: 'Computers' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Unlock' })).toHaveCount(0);

  await page.goto('/profile');
  await expect(page.getByText('Set a master password first')).toBeVisible();
  const field = page.getByRole('region', { name: 'Master password' }).getByRole('textbox', { name: 'Master password' });
  await field.fill(person.password);
  await page.getByRole('button', { name: 'Set master password' }).click();
  await expect(page.getByText('Use another one than your sign-in password')).toBeVisible();
  await field.fill(first);
  await page.getByRole('button', { name: 'Set master password' }).click();
  await expect(page.getByText('Your master password is set.')).toBeVisible();
  await addCredential(page, newName('mine'));
});

test('unlocks one browser until it is locked, and no other', async ({ house, newBrowser }) => {
  const person = await house.admin.person();
  const context = await newBrowser(house.stack.baseUrl);
  const page = await context.newPage();
  await setFirst(page, person);
  expect(await unlockCookie(context)).toMatchObject({ httpOnly: true, sameSite: 'Lax', expires: -1 });

  const other = await newBrowser(house.stack.baseUrl);
  const elsewhere = await other.newPage();
  await signInOnly(elsewhere, person);
  await expect(elsewhere.getByRole('button', { name: 'Unlock' })).toBeVisible();
  // A stolen key under another sign-in opens nothing, and neither does a stolen sign-in without the key.
  await other.addCookies([(await unlockCookie(context))!]);
  await elsewhere.reload();
  await expect(elsewhere.getByRole('button', { name: 'Unlock' })).toBeVisible();
  const stolen = (await context.cookies()).filter(({ name }) => name === 'sallyport.session');
  const thief = await newBrowser(house.stack.baseUrl);
  await thief.addCookies(stolen);
  const thiefs = await thief.newPage();
  await thiefs.goto('/');
  await expect(thiefs.getByRole('button', { name: 'Unlock' })).toBeVisible();

  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await unlock(page, 'not the right one');
  await expect(dialog(page).getByRole('alert')).toHaveText('This is not your master password.');
  await dialog(page).getByLabel('Master password').fill(first);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock', exact: true })).toBeVisible();
});

test('after five wrong ones the next must wait', async ({ house, newBrowser }) => {
  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await setFirst(page, await house.admin.person());
  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await page.getByRole('button', { name: 'Unlock' }).click();
  const refused = dialog(page).getByRole('alert');
  const guess = async (n: number) => {
    await dialog(page).getByLabel('Master password').fill(`wrong number ${n}`);
    const answer = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.keyboard.press('Enter');
    await answer;
    await expect(dialog(page).getByRole('button', { name: 'Unlock' })).not.toHaveAttribute('aria-busy');
    return refused.innerText();
  };
  for (let n = 1; n <= 5; n += 1) expect(await guess(n)).toBe('This is not your master password.');
  const answers: string[] = [];
  for (let n = 6; n <= 10; n += 1) answers.push(await guess(n));
  expect(answers).toContainEqual(expect.stringContaining('Too many attempts. Please wait'));
});

test('changed: every credential stays', async ({ house, newBrowser }) => {
  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await setFirst(page, await house.admin.person());
  const name = newName('kept');
  await addCredential(page, name);
  await page.getByLabel('Present master password').fill(first);
  await page.getByLabel('New master password').fill(second);
  await page.getByRole('button', { name: 'Change master password' }).click();
  await expect(page.getByText('Your master password was changed.')).toBeVisible();
  await expect(credential(page, name)).toBeVisible();
  await page.getByRole('button', { name: 'Lock', exact: true }).click();
  await unlock(page, second);
  await expect(page.getByRole('button', { name: 'Lock', exact: true })).toBeVisible();
});

test('reset: the warning counts, the person is told, and the link is theirs alone, once', async ({
  house,
  newBrowser,
  browserOf,
}) => {
  const person = await house.admin.person();
  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await setFirst(page, person);
  await addCredential(page, newName('lost'));

  const admin = await browserOf(house.login('admin'));
  await admin.goto(`/people?q=${encodeURIComponent(person.email)}`);
  await admin.getByRole('button', { name: `Actions for ${person.name}` }).click();
  await admin.getByRole('menuitem', { name: 'Reset master password' }).click();
  await expect(dialog(admin)).toContainText(`1 personal credential of ${person.name} will be destroyed.`);
  await admin.getByRole('button', { name: 'Reset master password' }).click();
  const link = await admin.getByLabel('Link').inputValue();
  await admin.goto(link);
  await expect(admin).toHaveURL(/\/master-password\/reset$/);
  await admin.getByLabel('New master password').fill(second);
  await admin.getByRole('button', { name: 'Set master password' }).click();
  await expect(admin.getByRole('alert').filter({ hasText: 'meant for somebody else' })).toBeVisible();

  await page.goto('/profile');
  await expect(page.getByText('Your personal credential was destroyed.')).toBeVisible();
  await page.getByRole('link', { name: 'Choose a new master password' }).click();
  await page.getByLabel('New master password').fill(second);
  await page.getByRole('button', { name: 'Set master password' }).click();
  await expect(page.getByText('No credentials of your own')).toBeVisible();
  await expect(page.getByText('An administrator reset your master password')).toHaveCount(0);
  await page.goto(link);
  await page.getByLabel('New master password').fill(first);
  await page.getByRole('button', { name: 'Set master password' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'This link was used' })).toBeVisible();
});

test('the link of a reset survives the sign-in', async ({ house, newBrowser, browserOf }) => {
  const person = await house.admin.person();
  await setFirst(await (await newBrowser(house.stack.baseUrl)).newPage(), person);
  const admin = await browserOf(house.login('admin'));
  await admin.goto(`/people?q=${encodeURIComponent(person.email)}`);
  await admin.getByRole('button', { name: `Actions for ${person.name}` }).click();
  await admin.getByRole('menuitem', { name: 'Reset master password' }).click();
  await admin.getByRole('button', { name: 'Reset master password' }).click();
  const link = await admin.getByLabel('Link').inputValue();

  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await page.goto(link);
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('New master password').fill(second);
  await page.getByRole('button', { name: 'Set master password' }).click();
  await expect(page.getByRole('button', { name: 'Lock', exact: true })).toBeVisible();
});

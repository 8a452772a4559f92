/**
 * Every page, on a desk and on a phone, light and dark: it fits its window, has its headings and landmarks, every
 * control has a name, and focus can be seen. The keyboard alone goes from the sign-in to a terminal and out of it.
 */
import type { Page } from '@playwright/test';
import type { Role } from '../server/protocol/session-words.ts';
import { arrange, expect, test } from './test.ts';
import { untilEnded } from './testbed/evidence.ts';
import { connect, LaunchPage, shopItem, TerminalPage, WatchPage } from './testbed/pages.ts';

const looks = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

type Place = { path: string; as?: Role; frame?: 'none' | 'window' };

const places: Place[] = [
  { path: '/sign-in', frame: 'none' },
  { path: '/set-up', frame: 'none' },
  { path: '/', as: 'user' },
  { path: '/?view=all', as: 'user' },
  { path: '/sessions', as: 'user' },
  { path: '/profile', as: 'user' },
  { path: '/aws', as: 'user' },
  { path: '/master-password/reset', as: 'user', frame: 'none' },
  { path: '/not/there', as: 'user', frame: 'none' },
  { path: '/sessions/$ended', as: 'auditor' },
  { path: '/sessions/$running/watch', as: 'auditor' },
  { path: '/wall', as: 'auditor' },
  { path: '/session/$ended', as: 'user', frame: 'window' },
  { path: '/audit', as: 'auditor' },
  { path: '/search?text=echo', as: 'auditor' },
  { path: '/sessions', as: 'admin' },
  { path: '/people', as: 'admin' },
  { path: '/groups', as: 'admin' },
  { path: '/computers', as: 'admin' },
  { path: '/computers/1', as: 'admin' },
  { path: '/computers/host-keys', as: 'admin' },
  { path: '/computers/waiting', as: 'admin' },
  { path: '/computers/import', as: 'admin' },
  { path: '/credentials', as: 'admin' },
  { path: '/credentials/aws', as: 'admin' },
  { path: '/tokens', as: 'admin' },
  { path: '/record-types', as: 'admin' },
  { path: '/record-types/018f0000-0000-7000-8000-000000000001', as: 'admin' },
  { path: '/policies', as: 'admin' },
  { path: '/grants', as: 'admin' },
  { path: '/settings', as: 'admin' },
];

for (const { width, colorScheme } of looks) {
  test(`every page fits and speaks at ${width} px, ${colorScheme}`, async ({
    house,
    browserOf,
    newBrowser,
    watch,
    later,
  }) => {
    test.slow(); // Many pages, one after the other.
    watch.allow(/status of 404 .*\/not\/there/);
    const [ended, running] = await Promise.all([endedSession(house), runningSession(house)]);
    later(async () => running.terminal.close());
    const viewport = { width, height: width > 500 ? 800 : 844 };
    const options = { viewport, colorScheme, hasTouch: width < 500 };
    const pages = new Map<Role | undefined, Page>();
    pages.set(undefined, await (await newBrowser(house.stack.baseUrl, options)).newPage());
    for (const role of ['user', 'auditor', 'admin'] as const)
      pages.set(role, await browserOf(house.login(role), options));

    for (const { path, as, frame } of places) {
      const page = pages.get(as)!;
      await test.step(`${path} as ${as ?? 'nobody'}`, async () => {
        await page.goto(path.replace('$ended', ended).replace('$running', running.sessionId));
        await expect(page.getByRole('main')).toHaveCount(1);
        await expect(page.getByRole('heading').first()).toBeVisible();
        if (frame === undefined) await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        if (frame === undefined && width > 500)
          await expect(page.getByRole('navigation', { name: 'Work' })).toBeVisible();
        if (path === '/sessions/$ended') await expect(page.getByRole('slider', { name: 'Position' })).toBeVisible();
        if (path.endsWith('/watch')) await new WatchPage(page).shows('42 columns');
        if (path === '/wall')
          await expect(page.getByRole('link', { name: running.person })).toContainText('42 columns');
        await looksRight(page, colorScheme);
      });
    }
  });
}

test('the terminal and its end fit a phone', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('user'), { viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto('/');
  const terminal = await connect(page, 'Orders database', house.login('user').masterPassword);
  await terminal.open();
  await terminal.line('echo narrow-$((40 + 2))');
  await terminal.shows('narrow-42');
  await looksRight(terminal.page, 'light', { isDark: true });
  await terminal.page.getByRole('button', { name: 'Disconnect' }).click();
  await terminal.ended('closed');
  await looksRight(terminal.page, 'light', { isDark: true });
});

test('dialogs hold the focus and give it back', async ({ house, browserOf }) => {
  const page = await browserOf(house.login('admin'));
  for (const [path, name] of [
    ['/people', 'Add person'],
    ['/credentials', 'Add credential'],
    ['/record-types', 'Add record type'],
    ['/record-types/018f0000-0000-7000-8000-000000000001', 'Add field'],
    ['/computers', 'Add computer'],
    ['/policies', 'Add policy'],
    ['/access-levels', 'Add access level'],
    ['/groups', 'Add group'],
    ['/grants', 'Add grant'],
  ] as const) {
    await page.goto(path);
    const opener = page.getByRole('button', { name });
    await opener.focus();
    await page.keyboard.press('Enter');
    const form = page.getByRole('dialog', { name });
    await expect(form).toBeVisible();
    expect(await namelessControls(page)).toEqual([]);
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press('Tab');
      // A guard at either end takes the focus for a moment and hands it on.
      await expect
        .poll(() => form.evaluate((element) => element.contains(document.activeElement)), `after ${step + 1} tabs`)
        .toBe(true);
    }
    await page.keyboard.press('Escape');
    await expect(form).toHaveCount(0);
    await expect(opener).toBeFocused();
  }
});

test('the keyboard alone goes from the sign-in to a terminal and out of it', async ({ house, newBrowser }) => {
  const { email, password, masterPassword } = house.login('user');
  const page = await (await newBrowser(house.stack.baseUrl)).newPage();
  await page.goto('/');
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(shopItem(page, 'Build server')).toBeVisible();

  const button = page.getByRole('button', { name: 'Connect to Build server' });
  await tabTo(page, button);
  const opened = page.context().waitForEvent('page');
  await page.keyboard.press('Enter');
  const launch = new LaunchPage(await opened);
  await launch.arrived();
  await expect(launch.password).toBeFocused();
  await launch.page.keyboard.type(`${masterPassword}\n`);
  const terminal = new TerminalPage(launch.page);
  await terminal.open();
  await terminal.line('echo keys-$((40 + 2))');
  await terminal.shows('keys-42');

  await terminal.press('Control+Shift+B');
  await tabTo(terminal.page, terminal.page.getByRole('button', { name: 'Disconnect' }));
  await terminal.press('Enter');
  await terminal.ended('closed');
  await expect(terminal.end).toBeFocused();
  await tabTo(terminal.page, terminal.page.getByRole('link', { name: 'Back to computers' }));
  await terminal.press('Enter');
  await expect(shopItem(terminal.page, 'Build server')).toBeVisible();
});

type House = Parameters<Parameters<typeof test>[2]>[0]['house'];

/** A short session of the demo's user that is over. */
async function endedSession({ stack, admin, visitor, login }: House): Promise<string> {
  const computer = stack.demo.computers.find(({ name }) => name === 'Build server');
  const { sessionId, terminal } = await (await visitor(login('user'))).open(computer?.guid ?? '');
  terminal.type('exit\n');
  await terminal.ended();
  await untilEnded(admin.ctx, sessionId);
  return sessionId;
}

/** A session that runs and may be watched, on a screen larger than any phone. */
async function runningSession(house: House) {
  const { person, computer } = await arrange(house, { allowSnooping: true });
  const { sessionId, terminal } = await (await house.visitor(person)).open(computer.guid, 142, 40);
  terminal.type('echo $((40 + 2)) columns\n');
  return { sessionId, terminal, person: person.name };
}

async function looksRight(page: Page, colorScheme: 'light' | 'dark', { isDark = false } = {}): Promise<void> {
  const { width, overflow, background } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const { backgroundColor } = getComputedStyle(document.body);
    return { width: clientWidth, overflow: scrollWidth - clientWidth, background: backgroundColor };
  });
  expect(overflow, `the page is wider than its ${width} px`).toBe(0);
  if (!isDark) expect(isLight(background), `${background} in ${colorScheme}`).toBe(colorScheme === 'light');
  expect(await namelessControls(page), 'controls without a name').toEqual([]);
  expect(await invisibleFocus(page), 'controls whose focus cannot be seen').toEqual([]);
}

function isLight(colour: string): boolean {
  const numbers = [...colour.matchAll(/[\d.]+/g)].map(Number);
  const scale = colour.startsWith('rgb') ? 255 : 1;
  return (numbers[0] ?? 0) / scale > 0.5;
}

/** What a screen reader would announce as a control and nothing else. */
function namelessControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = 'button, a[href], input:not([type=hidden]), select, textarea, [role=button], [role=slider]';
    const textOf = (ids: string | null) =>
      (ids ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join(' ');
    const nameOf = (element: Element) => {
      const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
      return [
        element.getAttribute('aria-label'),
        textOf(element.getAttribute('aria-labelledby')),
        ...labels.map((label) => label.textContent),
        element instanceof HTMLInputElement ? '' : element.textContent,
        element.getAttribute('title'),
      ].join('');
    };
    return [...document.querySelectorAll(controls)]
      .filter((element) => element.checkVisibility() && !element.closest('[aria-hidden=true], [inert], .xterm'))
      .filter((element) => nameOf(element).trim() === '')
      .map((element) => element.outerHTML.slice(0, 200));
  });
}

/** Goes through the page by Tab and answers what does not change its looks when the focus comes. */
async function invisibleFocus(page: Page, steps = 12): Promise<string[]> {
  const problems: string[] = [];
  if ((await page.locator('.xterm-helper-textarea').count()) > 0) return problems; // It keeps Tab for the host.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press('Tab');
    const problem = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const shown = (candidate: Element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(candidate);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
      };
      return shown(element) ? undefined : element.outerHTML.slice(0, 200);
    });
    if (problem) problems.push(problem);
  }
  return problems;
}

async function tabTo(page: Page, target: ReturnType<Page['getByRole']>): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

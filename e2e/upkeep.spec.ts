/**
 * Sallyport is looked after while people work. A portal that is started again ends no session; once sessions are let run
 * out, no new one begins, and those that run go on, also across a reload of their page.
 */

import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, test as base, expect, type House, openHouse } from './test.ts';
import { runCommand } from './testbed/command.ts';
import { openTerminal, startLaunch } from './testbed/pages.ts';

// A house of its own: afterwards it opens nothing.
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

test.describe.configure({ mode: 'serial' });

test('a portal that is started again ends no session, and its page comes back', async ({ house, browserOf, watch }) => {
  watch.allow(/Failed to load resource|Failed to fetch|ERR_/);
  const { person, computer } = await arrange(house);
  const terminal = await openTerminal(await browserOf(person), computer.name);
  const gateway = await house.stack.childPid('gateway');
  await house.stack.kill9('portal');
  await terminal.line('echo without-$((40 + 2))');
  await terminal.shows('without-42');
  await expect
    .poll(async () => (await house.stack.health()).children)
    .toContainEqual({ name: 'portal', state: 'ready', restarts: 1 });
  await terminal.page.reload();
  await terminal.open();
  await terminal.shows('without-42');
  await terminal.line('echo back-$((40 + 2))');
  await terminal.shows('back-42');
  expect(await house.stack.childPid('gateway')).toBe(gateway);
});

test('npm run drain: no new session begins, and those that run go on', async ({ house, browserOf, watch }) => {
  watch.allow(/status of 503/);
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  const terminal = await openTerminal(page, computer.name);
  await page.goto('/');
  const launch = await startLaunch(page, computer.name);

  const { status, text } = await runCommand('drain-command', ['--data-dir', house.stack.dataDir, '--demo']);
  expect(text).toContain('No new sessions are opened.');
  expect(text).toMatch(/\d sessions? goe?s? ?on/);
  expect(status).toBe(0);
  await launch.open(masterPassword);
  await expect(launch.page.getByText('opens no new sessions')).toBeVisible();

  await terminal.line('echo still-$((40 + 2))');
  await terminal.shows('still-42');
  await terminal.page.reload();
  await terminal.open();
  await terminal.shows('still-42');
  await terminal.line('exit');
  await terminal.ended('exited');
});

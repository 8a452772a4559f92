/**
 * A recording is played where one wants it to be: anywhere in megabytes at once and without fetching them, from event to
 * event, without its silences, from a link that somebody sent, by keys alone.
 */
import type { Page } from '@playwright/test';
import { arrange, test as base, expect, type House } from './test.ts';
import { untilIndexed } from './testbed/evidence.ts';
import { PlayerPage } from './testbed/pages.ts';

type Recorded = { sessionId: string; bytes: number };

/** One recording for all: a beginning, another size, a refused paste, silence, a flood, an end. */
const test = base.extend<{ player(options?: { hash?: string }): Promise<PlayerPage> }, { recorded: Recorded }>({
  recorded: [
    async ({ house }, use) => {
      await use(await record(house));
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  player: async ({ house, recorded, browserOf }, use) => {
    await use(async ({ hash = '' } = {}) => {
      const permissions = ['clipboard-read', 'clipboard-write'];
      const page = await browserOf(house.login('auditor'), { permissions });
      await page.goto(`/sessions/${recorded.sessionId}${hash}`);
      const player = new PlayerPage(page);
      await expect(player.position).toBeVisible();
      return player;
    });
  },
});

async function record(house: House): Promise<Recorded> {
  const { person, computer } = await arrange(house);
  const { sessionId, terminal } = await (await house.visitor(person)).open(computer.guid, 80, 24);
  terminal.type('PS1=; stty -echo; echo the-$((1 + 0))-beginning\n');
  await terminal.saw('the-1-beginning');
  terminal.resize(100, 30);
  terminal.type('sleep 0.1; stty size\n');
  await terminal.saw('30 100');
  terminal.paste('never');
  terminal.type('sleep 6; echo after-$((2 + 0))-silence; read x\n');
  await terminal.saw('after-2-silence');
  terminal.type('\nsleep 1; seq 1 500000; clear; echo the-$((3 + 0))-end; sleep 1; exit\n');
  await terminal.ended();
  await untilIndexed(house.admin.ctx, sessionId);
  return { sessionId, bytes: terminal.output().length };
}

test('goes to any place of a long recording without fetching the whole of it', async ({ player: open, recorded }) => {
  expect(recorded.bytes).toBeGreaterThan(3 * 1024 * 1024);
  const player = await open();
  const ranges: number[] = [];
  player.page.on('response', (response) => {
    if (!/\/typescript$/.test(new URL(response.url()).pathname)) return;
    expect(response.status()).toBe(206);
    ranges.push(Number(response.headers()['content-length']));
  });
  await player.page.reload();
  await expect(player.position).toBeVisible();
  await player.seek(await player.durationMs());
  await expect(player.screen).toContainText('the-3-end');
  await player.seek(0);
  await expect(player.screen).not.toContainText('the-3-end');
  await player.page.getByRole('button', { name: 'Next output' }).click();
  expect(await player.positionMs()).toBeGreaterThan(0);
  expect(ranges.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(recorded.bytes);
});

test('goes to events, shows the size that the terminal had, and says what was refused', async ({ player: open }) => {
  const { page, screen, position } = await open();
  await expect(page.getByTestId('player-marks').getByTitle('Resized to 100 × 30')).toBeAttached();
  const rows = () => screen.locator('> div').count();
  await expect.poll(rows).toBe(24);
  await page.getByText(/^\d+ events$/).click();
  const event = page.getByRole('button', { name: 'Resized to 100 × 30' });
  await event.click();
  await expect(event).toHaveAttribute('aria-current', 'true');
  await expect.poll(rows).toBe(30);
  expect(Number(await position.inputValue())).toBeGreaterThan(0);
  await expect(page.getByRole('button', { name: 'Tried to paste 5 bytes' })).toBeVisible();
});

test('leaves out silence and says how much, sixteen times as fast', async ({ player: open }) => {
  const player = await open();
  const { page } = player;
  await page.getByLabel('Speed').selectOption({ label: '16 ×' });
  await page.getByLabel('Skip silence').check();
  await player.press('Play');
  await expect(page.getByTestId('player-skipped')).toHaveText(/Skipped [3-6] s of silence/);
  await expect(page.getByRole('button', { name: 'Play again' })).toBeVisible();
  await expect(player.screen).toContainText('the-3-end');
});

test('a link leads to the moment that somebody looked at', async ({ player: open }) => {
  const player = await open();
  await player.seek(5_000);
  await player.page.getByRole('button', { name: 'Copy a link to this moment' }).click();
  await expect(player.page.getByText('Link copied')).toBeVisible();
  const link = await player.page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).hash).toBe('#t=5');
  const there = await open({ hash: new URL(link).hash });
  await expect.poll(() => there.positionMs()).toBe(5_000);
  await expect(there.screen).toContainText('the-1-beginning');
  await expect(there.screen).not.toContainText('after-2-silence');
});

test('is played by keys alone', async ({ player: open }) => {
  const player = await open();
  const { page } = player;
  await player.position.focus();
  await page.keyboard.press('End');
  expect(await player.positionMs()).toBe(Math.floor(await player.durationMs()));
  await expect(player.screen).toContainText('the-3-end');
  await page.keyboard.press('Home');
  expect(await player.positionMs()).toBe(0);
  await page.keyboard.press('ArrowRight');
  expect(await player.positionMs()).toBe(5_000);
  await page.keyboard.press('.');
  await expect(player.screen).toContainText('after-2-silence');
  const after = await player.positionMs();
  await page.keyboard.press(',');
  expect(await player.positionMs()).toBeLessThan(after);
  await page.keyboard.press('Home');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await fullScreen(page);
});

async function fullScreen(page: Page): Promise<void> {
  const isFull = () => page.evaluate(() => document.fullscreenElement?.getAttribute('aria-label') ?? null);
  await page.keyboard.press('f');
  await expect.poll(isFull).toBe('Recording');
  await page.keyboard.press('f');
  await expect.poll(isFull).toBeNull();
}

/**
 * What was on a screen is found: by an auditor, in one recording and across all, with the second at which it stood there
 * one press away. What nobody may find is not found: the password that the session was given, the master password, what
 * was typed where nothing was shown, and one's own sessions. Each search is written down with its words.
 */
import type { Page } from '@playwright/test';
import type { SessionId } from '../server/ids.ts';
import { maskText } from '../server/recording/line-masking.ts';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, type House, test } from './test.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { PlayerPage } from './testbed/pages.ts';

type Recorded = { sessionId: SessionId; person: string; computer: string };

/** A line to type, and what the screen shows when the next one may come. */
type Typed = [line: string, shown: string];

/** A session in which these lines were typed, one when the other was shown, and its text gathered. */
async function recorded(house: House, lines: readonly Typed[]): Promise<Recorded> {
  const { person, computer } = await arrange(house);
  const visitor = await house.visitor(person);
  const { sessionId, terminal } = await visitor.open(computer.guid);
  for (const [line, shown] of lines) {
    terminal.type(`${line}\n`);
    await terminal.saw(shown);
  }
  terminal.type('exit\n');
  await terminal.ended();
  await untilEnded(house.admin.ctx, sessionId);
  await expect
    .poll(async () => {
      const [row] = await house.admin.ctx.connection.sql`
        select count(*)::int as count from recording_texts where session_id = ${sessionId} and seq = -1`;
      return row?.count;
    })
    .toBe(1);
  return { sessionId, person: person.name, computer: computer.name };
}

async function searchFor(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox', { name: /^Text/ }).fill(text);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.waitForURL((url) => url.searchParams.get('text') === text);
}

const found = (page: Page) => page.getByTestId('found-line');

test('text is found across all recordings, and one press plays it', async ({ house, browserOf }) => {
  const word = `needle-${Date.now().toString(36)}`;
  const { sessionId, person, computer } = await recorded(house, [[`clear; echo ${word}-$((40 + 2))`, `${word}-42`]]);
  const page = await browserOf(house.login('auditor'));
  await page.goto('/sessions');
  await page.getByRole('navigation', { name: 'Work' }).getByRole('link', { name: 'Search' }).click();
  await expect(page.getByRole('heading', { name: 'Search', level: 1 })).toBeVisible();
  await searchFor(page, `${word.toUpperCase()}-42`);
  await expect(found(page)).toHaveCount(1);
  await expect(found(page).locator('mark')).toHaveText(`${word}-42`);
  await expect(page.getByRole('region', { name: `${person} on ${computer}` })).toBeVisible();

  await page.getByRole('link', { name: /^Play from/ }).click();
  await page.waitForURL((url) => url.pathname === `/sessions/${sessionId}` && url.hash.startsWith('#t='));
  await expect(new PlayerPage(page).screen).toContainText(`${word}-42`);
  await expect
    .poll(async () => (await auditOf(house.admin.ctx, sessionId, 'recording.viewed')).length)
    .toBeGreaterThan(0);

  await page.goBack();
  await page.getByLabel(/^Computer/).fill('no computer is called so');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('link', { name: 'Search everywhere' }).click();
  await expect(found(page)).toHaveCount(1);
  const searches = await house.admin.ctx.connection.sql`
    select subject from audit_events where kind = 'recording.searched' and session_id is null order by at`;
  expect(searches.map(({ subject }) => subject.filters.text)).toContain(`${word.toUpperCase()}-42`);
});

test('text is found in one recording, by the keyboard alone', async ({ house, browserOf }) => {
  const { sessionId } = await recorded(house, [
    ['echo one-$((6 * 7))', 'one-42'],
    ['sleep 1; clear; echo two-$((6 * 7))', 'two-42'],
  ]);
  const page = await browserOf(house.login('auditor'));
  await page.goto(`/sessions/${sessionId}`);
  const player = new PlayerPage(page);
  await player.position.focus();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search in this recording' })).toBeFocused();
  await page.keyboard.type('-42');
  await page.keyboard.press('Enter');
  const lines = page.getByRole('list', { name: 'Lines found in this recording' }).getByRole('button');
  await expect(lines).toHaveCount(2);
  await lines.first().focus();
  await page.keyboard.press('Enter');
  await expect(player.screen).toContainText('one-42');
  await page.keyboard.press('ArrowDown');
  await expect(lines.nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(player.screen).toContainText('two-42');
  await expect(player.screen).not.toContainText('one-42');
  await expect(lines.nth(1)).toHaveAttribute('aria-current', 'true');
  const [search] = await auditOf(house.admin.ctx, sessionId, 'recording.searched');
  expect(search?.subject).toEqual({ filters: { text: '-42' } });
});

test('attack: no secret is found, and nobody finds themselves', async ({ house, browserOf }) => {
  const { account, admin } = house;
  const secret = account.privateKey.split('\n')[1] ?? '';
  const mark = `mark-${Date.now().toString(36)}`;
  const { sessionId } = await recorded(house, [
    [`echo '${mark} ${secret} sho''wn'`, 'shown'],
    [`stty -echo; echo wai''ting; read -r word; stty echo; echo "${mark} got \${#word}"`, 'waiting'],
    [masterPassword, `got ${masterPassword.length}`],
  ]);
  const rows = await admin.ctx.connection.sql`
    select text from recording_texts where session_id = ${sessionId} and seq >= 0`;
  const all = rows.map(({ text }) => text).join('\n');
  expect(all).toContain(mark);
  expect(all).not.toContain(masterPassword);
  expect(all).not.toContain(secret);
  expect(all).toContain(`${mark} ${maskText} shown`);
  const [{ prints } = { prints: undefined }] = await admin.ctx.connection.sql`
    select secret_prints as prints from recordings where session_id = ${sessionId}`;
  expect(prints).toEqual([]);

  const user = await browserOf(house.login('user'));
  await user.goto(`/search?text=${mark}`);
  await expect(user.getByText(mark)).toHaveCount(0);
  await expect(user.getByRole('link', { name: 'Search' })).toHaveCount(0);
  const auditor = await browserOf(house.login('auditor'));
  await auditor.goto(`/search?text=${mark}`);
  await expect(found(auditor).first()).toContainText(mark);
});

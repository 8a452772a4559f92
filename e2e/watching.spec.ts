/**
 * Who may watch a running session sees its screen as it is and then as it goes on, and can do nothing in it; its person
 * is told, or not, as the policy says; nobody looks unseen by the audit log. The wall shows all such sessions in small.
 */
import type { Page } from '@playwright/test';
import type { SessionId } from '../server/ids.ts';
import { arrange, expect, test } from './test.ts';
import { auditOf } from './testbed/evidence.ts';
import { openTerminal, type TerminalPage, WatchPage } from './testbed/pages.ts';

type Watched = Parameters<typeof arrange>[0];

/** What the audit log says of those who looked: how, and whether the person was told. */
async function looksAt({ admin }: Watched, sessionId: string): Promise<unknown[]> {
  const events = await auditOf(admin.ctx, sessionId as SessionId);
  return events.filter(({ kind }) => kind.startsWith('session.watch')).map(({ kind, subject }) => [kind, subject]);
}

function notice({ page }: TerminalPage, text: string) {
  return page.getByRole('status').filter({ hasText: text });
}

test('an auditor sees the screen at once, then live, and can do nothing; the person knows', async ({
  house,
  browserOf,
}) => {
  const { person, computer } = await arrange(house, { allowSnooping: true });
  const terminal = await openTerminal(await browserOf(person), computer.name);
  await terminal.line('printf "\\033[2J\\033[5;10Hst""ood here\\n"');
  await terminal.shows('stood here');

  const auditor = await browserOf(house.login('auditor'));
  await auditor.goto(`/sessions/${terminal.sessionId}`);
  await auditor.getByRole('link', { name: 'Watch live' }).click();
  const watched = new WatchPage(auditor);
  await watched.shows('stood here');
  await watched.state('Live');
  await expect(notice(terminal, 'watches this session.')).toBeVisible();
  await terminal.page.getByRole('button', { name: 'Dismiss' }).click();
  await terminal.line('echo goes-$((1 + 1))-on');
  await watched.shows('goes-2-on');

  await auditor.getByTestId('watch-screen').click();
  await auditor.keyboard.type('echo intruder\n');
  await terminal.line('echo un""touched');
  await watched.shows('untouched');
  await terminal.showsNot('intruder');

  await auditor.getByRole('link', { name: 'Sessions' }).click();
  await expect(notice(terminal, 'does not watch this session any more.')).toBeVisible();
  await expect
    .poll(() => looksAt(house, terminal.sessionId))
    .toEqual([
      ['session.watched', { how: 'watch', told: true }],
      ['session.watch_ended', { how: 'watch' }],
    ]);
});

test('where the policy says so the person is not told, and the end is seen as well', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house, { allowSnooping: true, tellWatched: false });
  const terminal = await openTerminal(await browserOf(person), computer.name);
  const auditor = await browserOf(house.login('auditor'));
  await auditor.goto(`/sessions/${terminal.sessionId}/watch`);
  const watched = new WatchPage(auditor);
  await watched.state('Live');
  await terminal.line('echo alo""ne');
  await watched.shows('alone');
  await terminal.shows('alone');
  await expect(notice(terminal, 'watch')).toHaveCount(0);
  expect(await looksAt(house, terminal.sessionId)).toEqual([['session.watched', { how: 'watch', told: false }]]);

  await terminal.line('echo the la""st; exit');
  await watched.state('Over');
  await watched.shows('the last');
  await expect(watched.view).toContainText('The shell on the computer ended.');
});

test('nobody watches what the policy does not allow, nor themselves', async ({ house, browserOf, watch }) => {
  watch.allow(/404 \(Not Found\)/);
  const closed = await arrange(house);
  const { sessionId, terminal } = await (await house.visitor(closed.person)).open(closed.computer.guid);
  const auditor = await browserOf(house.login('auditor'));
  await auditor.goto(`/sessions/${sessionId}`);
  await expect(auditor.getByRole('heading', { level: 1 })).toContainText(closed.person.name);
  await expect(auditor.getByRole('link', { name: 'Watch live' })).toHaveCount(0);
  await auditor.goto(`/sessions/${sessionId}/watch`);
  await expect(auditor.getByRole('main')).toContainText('does not let anybody watch it');
  await expect(auditor.getByTestId('watch-screen')).toHaveCount(0);
  await auditor.goto('/wall');
  await expect(auditor.getByRole('heading', { name: 'Live wall' })).toBeVisible();
  await expect(auditor.getByRole('link', { name: closed.person.name })).toHaveCount(0);
  expect(await looksAt(house, sessionId)).toEqual([]);
  terminal.close();
  await auditor.close();

  const self = await house.admin.person(['user', 'auditor']);
  await house.admin.grant(self, closed.computer, { allowSnooping: true });
  const live = await openTerminal(await browserOf(self), closed.computer.name);
  const page = await live.page.context().newPage();
  await page.goto(`/sessions/${live.sessionId}/watch`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(self.name);
  await expect(page.getByTestId('watch-screen')).toHaveCount(0);
  await page.goto('/wall');
  await expect(page.getByRole('heading', { name: 'Live wall' })).toBeVisible();
  await expect(page.getByRole('link', { name: self.name })).toHaveCount(0);
  expect(await looksAt(house, live.sessionId)).toEqual([]);
});

test('the wall shows sessions in small as they go on, each a way to watch it', async ({ house, browserOf }) => {
  const one = await arrange(house, { allowSnooping: true });
  const other = await arrange(house, { allowSnooping: true, tellWatched: false });
  const terminal = await openTerminal(await browserOf(one.person), one.computer.name);
  const second = await (await house.visitor(other.person)).open(other.computer.guid);
  second.terminal.type('echo the-$((40 + 2))-nd\n');

  const auditor = await browserOf(house.login('auditor'));
  await auditor.goto('/');
  await auditor.getByRole('link', { name: 'Live wall' }).click();
  const picture = (page: Page, name: string) =>
    page.getByRole('list', { name: 'Running sessions' }).getByRole('listitem').filter({ hasText: name });
  await expect(picture(auditor, other.person.name)).toContainText('the-42-nd');
  await terminal.line('echo fir""st; seq 1 60; echo la""st');
  await expect(picture(auditor, one.person.name)).toContainText('last');
  await expect(notice(terminal, 'watches this session.')).toBeVisible();
  const whole = await picture(auditor, one.person.name).boundingBox();
  const last = await picture(auditor, one.person.name).getByText('last', { exact: true }).boundingBox();
  expect((last?.y ?? 0) + (last?.height ?? 0), 'the last row is within its picture').toBeLessThan(
    (whole?.y ?? 0) + (whole?.height ?? 0),
  );

  await auditor.getByRole('searchbox', { name: 'Person or computer' }).fill(other.computer.name);
  await expect(picture(auditor, other.person.name)).toBeVisible();
  await expect(picture(auditor, one.person.name)).toHaveCount(0);
  await auditor.getByRole('link', { name: `Watch ${other.person.name}` }).click();
  await new WatchPage(auditor).shows('the-42-nd');
  const looks = (await looksAt(house, second.sessionId)).filter((look) => JSON.stringify(look).includes('watched'));
  expect(looks, 'one look for all pictures').toEqual([
    ['session.watched', { how: 'wall', told: false }],
    ['session.watched', { how: 'watch', told: false }],
  ]);
  second.terminal.close();
});

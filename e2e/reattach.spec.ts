/**
 * A session is not lost with its window. A reloaded page, a network that was away, another device: the screen is as it
 * was, the program on it goes on, and what was typed arrives once. Another window asks before it takes the session over.
 */
import type { WebSocketRoute } from '@playwright/test';
import type { SessionId } from '../server/ids.ts';
import { arrange, expect, test } from './test.ts';
import { untilEnded } from './testbed/evidence.ts';
import { openTerminal, TerminalPage } from './testbed/pages.ts';

/** What a browser says of requests while there is no network. */
const noNetwork = /ERR_INTERNET_DISCONNECTED|Failed to fetch|Failed to load resource/;

test('a reloaded page shows the screen as it was, and goes on', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  const terminal = await openTerminal(page, computer.name);
  await terminal.line('printf "\\033[?1049h\\033[2J\\033[6;20Hfull screen\\033[3;12r"; read x; echo go""ne on');
  await terminal.shows('full screen');
  await terminal.page.reload();
  await terminal.open();
  await terminal.shows('full screen');
  await terminal.line('');
  await terminal.shows('gone on');
  const kinds = await house.admin.ctx.connection.sql`
    select kind from audit_events where session_id = ${terminal.sessionId}`;
  expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['session.detached', 'session.attached']));
});

test('a network that was away: the session waits, and everything typed arrives once', async ({
  house,
  browserOf,
  watch,
}) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  const sockets: WebSocketRoute[] = [];
  await page.context().routeWebSocket(/\/ws\/terminal/, (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  const terminal = await openTerminal(page, computer.name);
  await terminal.line('echo be""fore; sleep 1; seq 1 200; echo af""ter');
  await terminal.shows('before');
  watch.allow(noNetwork);
  await page.context().setOffline(true);
  await sockets.at(-1)?.close({ code: 4000, reason: 'The cable was pulled.' });
  await expect(terminal.page.getByTestId('reconnecting')).toBeVisible();
  await page.context().setOffline(false);
  await terminal.open();
  await terminal.shows('after');
  await terminal.line('printf "typed %s\\n" on""ce');
  await terminal.shows('typed once');
});

test('another window asks before it takes the session over, and the first one can take it back', async ({
  house,
  browserOf,
}) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  const terminal = await openTerminal(page, computer.name);
  await terminal.line('echo first wind""ow');
  await terminal.shows('first window');
  const second = await page.context().newPage();
  await second.goto(`/session/${terminal.sessionId}`);
  await expect(second.getByRole('heading')).toContainText('is running');
  await second.getByRole('button', { name: 'Continue here' }).click();
  const other = new TerminalPage(second);
  await other.open();
  await other.shows('first window');
  await expect(terminal.end).toContainText('another window');
  await terminal.page.getByRole('button', { name: 'Continue here' }).click();
  await terminal.open();
  await terminal.shows('first window');
  await expect(other.end).toContainText('another window');
  await terminal.press('Control+d');
  await untilEnded(house.admin.ctx, terminal.sessionId as SessionId);
});

test('somebody else cannot come to a session that runs', async ({ house, browserOf, watch }) => {
  watch.allow(/404 \(Not Found\)/);
  const { person, computer } = await arrange(house);
  const page = await browserOf(person);
  const terminal = await openTerminal(page, computer.name);
  const stranger = await browserOf(await house.admin.person());
  const answer = await stranger.goto(`/session/${terminal.sessionId}`);
  expect(answer?.status()).toBe(404);
  await terminal.line('echo still mi""ne');
  await terminal.shows('still mine');
});

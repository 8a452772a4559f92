/**
 * A session ends when its time is over, when nothing is typed for long, or when somebody ends it. Its person sees how
 * much time is left, is warned while there is something to be done about it, and reads afterwards why it ended.
 */
import type { Page } from '@playwright/test';
import type { SessionId } from '../server/ids.ts';
import { arrange, expect, type House, test } from './test.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { dialog, openTerminal, type TerminalPage } from './testbed/pages.ts';

const warning = ({ page }: TerminalPage) => page.getByTestId('limit-warning');
const timeLeft = ({ page }: TerminalPage) => page.getByTestId('time-left');

type BrowserOf = (login: Awaited<ReturnType<typeof arrange>>['person']) => Promise<Page>;

async function opened(house: House, browserOf: BrowserOf, policy: Parameters<typeof arrange>[1]) {
  const { person, computer, grantId } = await arrange(house, policy);
  return { terminal: await openTerminal(await browserOf(person), computer.name), grantId };
}

// A minute is the shortest that a policy can say: all three wait for it at the same time.
test('idle, kept awake, and at the longest time: warned, and then told why', async ({ house, browserOf }) => {
  test.setTimeout(150_000);
  const idle = await opened(house, browserOf, { idleTimeoutMinutes: 1 });
  const awake = await opened(house, browserOf, { idleTimeoutMinutes: 1 });
  const longest = await opened(house, browserOf, { maxDurationMinutes: 1 });

  await expect(timeLeft(longest.terminal)).toHaveText(/00:[0-5]\d/);
  await expect(warning(longest.terminal)).toContainText('The longest time of a session is nearly over.');
  await warning(longest.terminal).getByRole('button', { name: 'Dismiss' }).click();
  await expect(warning(longest.terminal)).toHaveCount(0);
  await longest.terminal.line('echo work-$((40 + 2))');
  await longest.terminal.shows('work-42');
  await expect(timeLeft(awake.terminal)).toHaveCount(0);

  await expect(warning(idle.terminal)).toContainText('Nothing was typed for a while.', { timeout: 60_000 });
  await expect(warning(awake.terminal)).toContainText('Press any key to go on.', { timeout: 60_000 });
  await warning(awake.terminal).getByRole('button', { name: 'Keep working' }).click();
  await expect(warning(awake.terminal)).toHaveCount(0);

  await expect(idle.terminal.end).toBeVisible({ timeout: 60_000 });
  expect(await idle.terminal.ended('idle')).toContain('Nothing was typed for as long as the policy allows');
  await expect(longest.terminal.end).toBeVisible({ timeout: 60_000 });
  expect(await longest.terminal.ended('time_limit')).toContain('lasted as long as its policy allows');
  await awake.terminal.line('echo awake-$((40 + 2))');
  await awake.terminal.shows('awake-42');
});

test('the time of a right runs down in sight, can be lengthened, and ends the session', async ({
  house,
  browserOf,
}) => {
  const { terminal, grantId } = await opened(house, browserOf, {});
  const endIn = (seconds: number | null) => house.admin.ctx.connection.sql`
    update grants set ends_at = now() + make_interval(secs => ${seconds}) where id = ${grantId}`;
  await expect(timeLeft(terminal)).toHaveCount(0);
  await endIn(3 * 3600);
  await expect(timeLeft(terminal)).toHaveText(/[23]:\d\d:\d\d/);
  await expect(warning(terminal)).toHaveCount(0);
  await endIn(240);
  await expect(warning(terminal)).toContainText('The time of your access is nearly over.');
  await endIn(null);
  await expect(warning(terminal)).toHaveCount(0);
  await expect(timeLeft(terminal)).toHaveCount(0);
  await endIn(1);
  expect(await terminal.ended('grant_ended')).toContain('An administrator can renew it.');
});

test('an administrator ends a session and says why; its person reads it, and the computer is let go', async ({
  house,
  browserOf,
}) => {
  const { terminal } = await opened(house, browserOf, {});
  const admin = await browserOf(house.login('admin'));
  await admin.goto(`/sessions/${terminal.sessionId}`);
  await admin.getByRole('button', { name: 'Terminate' }).click();
  const end = dialog(admin).getByRole('button', { name: 'Terminate session' });
  await dialog(admin).getByLabel('Reason').fill('   ');
  await end.click();
  await expect(dialog(admin)).toContainText('Enter a reason.');
  await dialog(admin).getByLabel('Reason').fill('The change window is over.');
  await end.click();
  const words = await terminal.ended('terminated');
  expect(words).toContain('An administrator ended this session.');
  expect(words).toContain('The change window is over.');

  const sessionId = terminal.sessionId as SessionId;
  await untilEnded(house.admin.ctx, sessionId);
  await admin.goto(`/sessions/${sessionId}`);
  await expect(admin.getByRole('main')).toContainText('The change window is over.');
  await expect(admin.getByRole('main')).toContainText(/Closed \d+ ms after the end/);
  await expect(admin.getByRole('button', { name: 'Terminate' })).toHaveCount(0);
  const [asked] = await auditOf(house.admin.ctx, sessionId, 'session.terminate_requested');
  expect(asked?.subject).toMatchObject({ reason: 'terminated', why: 'The change window is over.' });
});

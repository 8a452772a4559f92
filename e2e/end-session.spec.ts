/**
 * An identity system that gave a credential is told when its session ends, however it ends, until it has heard it: once,
 * for whoever honours the idempotency key. Every attempt is on the session's page, where an administrator can send it again.
 */
import type { Page } from '@playwright/test';
import type { SessionId } from '../server/ids.ts';
import { expect } from './test.ts';
import { atOpenHost, leave, openArrived, test } from './testbed/elsewhere.ts';
import { type Call, clientToken } from './testbed/identity-stand-in.ts';

test('is said once with what it was, and the session shows it', async ({ house, api, arrive, browserOf }) => {
  const arrived = await arrive(atOpenHost(house));
  const { form } = arrived;
  const sessionId = await leave(await openArrived(arrived));
  const [told] = await api.called(form, 'endsession');
  expect(told?.headers).toMatchObject({ authorization: `Bearer ${form.ApiKey}`, 'idempotency-key': sessionId });
  expect(told?.body).toEqual({
    computer: form.ComputerID,
    credential: form.CredentialID,
    session: sessionId,
    loginsessionid: form.LoginSessionID,
    checkout: form.ExternalCredentialCheckOutID,
    mode: 'SSH',
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    reason: 'closed',
  });
  const delivery = await deliveryOf(await browserOf(house.login('admin')), sessionId);
  await expect(delivery).toContainText(api.url);
  await expect(delivery.getByRole('listitem')).toHaveText([/Accepted \(200\)/]);
  await expect(delivery.getByRole('button', { name: 'Send again' })).toHaveCount(0);
  expect(api.calls(form, 'endsession')).toHaveLength(1);
});

test('is tried again when it is not accepted, and Send again tries at once', async ({
  house,
  api,
  arrive,
  browserOf,
}) => {
  let isUp = false;
  const ending = () => ({ status: isUp ? 200 : 503 });
  const arrived = await arrive(atOpenHost(house), { ending });
  const sessionId = await leave(await openArrived(arrived));
  await api.called(arrived.form, 'endsession');

  const theirs = await deliveryOf(arrived.page, sessionId);
  await expect(theirs).toContainText('Refused (503)');
  await expect(theirs.getByRole('button', { name: 'Send again' })).toHaveCount(0);
  const page = await browserOf(house.login('admin'));
  const delivery = await deliveryOf(page, sessionId);
  await expect(delivery).toContainText('Being told');
  await expect(delivery).toContainText('Next attempt');
  isUp = true;
  await delivery.getByRole('button', { name: 'Send again' }).click();
  await expect.poll(() => api.heard.get(sessionId)?.body.session).toBe(sessionId);
  await expect(async () => {
    await page.reload();
    await expect(delivery).toContainText('Told', { timeout: 1_000 });
  }).toPass();
  await expect(delivery.getByRole('listitem').filter({ hasText: 'Accepted (200)' })).toHaveCount(1);
  await expect(delivery.getByRole('button', { name: 'Send again' })).toHaveCount(0);
  const keys = api.calls(arrived.form, 'endsession').map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys)).toEqual(new Set([sessionId]));
});

test('that was heard although its answer was lost is said again under the same key', async ({
  house,
  api,
  arrive,
  browserOf,
}) => {
  let heard = 0;
  const arrived = await arrive(atOpenHost(house), {
    ending: () => {
      heard += 1;
      return heard === 1 ? 'hang up' : { status: 200 };
    },
  });
  const sessionId = await leave(await openArrived(arrived));
  await api.called(arrived.form, 'endsession', 1);
  const delivery = await deliveryOf(await browserOf(house.login('admin')), sessionId);
  const again = delivery.getByRole('button', { name: 'Send again' });
  if (await again.isVisible()) await again.click();
  await api.called(arrived.form, 'endsession', 2);
  const keys = api.calls(arrived.form, 'endsession').map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([sessionId, sessionId]);
  expect(api.heard.get(sessionId)?.body.reason).toBe('closed');
});

test('gets a token of the gateway itself when that of the person has expired', async ({
  house,
  api,
  arrive,
  browserOf,
}) => {
  const ending = ({ headers }: Call) => ({ status: headers.authorization === `Bearer ${clientToken}` ? 200 : 401 });
  const arrived = await arrive(atOpenHost(house), { ending });
  const sessionId = await leave(await openArrived(arrived));
  await expect.poll(() => api.heard.has(sessionId)).toBe(true);
  const calls = api.calls(arrived.form, 'endsession').map(({ headers }) => headers.authorization);
  expect(calls).toEqual([`Bearer ${arrived.form.ApiKey}`, `Bearer ${clientToken}`]);
  const page = await browserOf(house.login('admin'));
  await expect(async () => {
    const tries = (await deliveryOf(page, sessionId)).getByRole('listitem');
    await expect(tries.filter({ hasText: 'Accepted (200)' })).toHaveCount(1, { timeout: 1_000 });
    await expect(tries.filter({ hasText: 'Refused (401)' })).toHaveCount(1);
  }).toPass();
});

test('is said however it ends: by the host, by an administrator, by signing out', async ({ house, api, arrive }) => {
  const { ctx } = house.admin;
  const byHost = await arrive(atOpenHost(house));
  const terminal = await openArrived(byHost);
  await terminal.line('exit 3');
  await terminal.ended('exited');
  expect((await api.called(byHost.form, 'endsession'))[0]?.body.reason).toBe('exited');

  const byGrant = await arrive(atOpenHost(house));
  const revoked = await openArrived(byGrant);
  await ctx.connection.sql`update grants set revoked_at = now() where id = ${byGrant.grantId}`;
  await revoked.ended('revoked');
  expect((await api.called(byGrant.form, 'endsession'))[0]?.body.reason).toBe('revoked');

  const byLeaving = await arrive(atOpenHost(house));
  const left = await openArrived(byLeaving);
  await ctx.connection
    .sql`update login_sessions set revoked_at = now() where id = ${byLeaving.form.LoginSessionID ?? ''}`;
  await left.ended('signed_out');
  expect((await api.called(byLeaving.form, 'endsession'))[0]?.body.reason).toBe('signed_out');
});

async function deliveryOf(page: Page, sessionId: SessionId) {
  await page.goto(`/sessions/${sessionId}`);
  return page.getByTestId('end-session-delivery');
}

import type { Page } from '@playwright/test';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../../server/context.ts';
import type { ComputerGuid } from '../../server/ids.ts';
import { connectAs, screen } from '../../server/launch/testing/launching.ts';
import { whoIs } from '../../server/people/who-is.ts';

export type LaunchForm = Record<string, string>;

/** The `Cookie` header of a browser. */
export async function cookiesOf(page: Page, baseUrl: string): Promise<string> {
  const cookies = await page.context().cookies(baseUrl);
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Who a browser is signed in as, by its own cookies. */
export async function actorIn(page: Page, ctx: Context): Promise<Actor> {
  return valueIn(await whoIs(ctx, await cookiesOf(page, ctx.publicUrl)));
}

/** What the shop makes of Connect for whoever is signed in here: a form that was not sent to `/start` yet. */
export async function launchFormFor(
  page: Page,
  ctx: Context,
  computerGuid: ComputerGuid,
  claims: Parameters<typeof connectAs>[3] = {},
): Promise<LaunchForm> {
  const form = valueIn(await connectAs(ctx, await actorIn(page, ctx), computerGuid, claims));
  return { ...form, ...screen };
}

/** A form with nothing wrong in it, but for nobody and nothing that there is. */
export function madeUpForm(apiUrl: string): LaunchForm {
  return {
    ComputerID: '2331',
    IsPersonalCred: 'false',
    ExternalCredentialCheckOutID: '0190b6a0-0000-7000-8000-000000000001',
    LoginSessionID: '0190b6a0-0000-7000-8000-000000000002',
    ApiUrl: apiUrl,
    Mode: 'SSH',
    ApiKey: 'an.access-token_of~somebody',
    CredentialID: '0190b6a0-0000-7000-8000-000000000003',
    ApiApplicationKey: '0190b6a0-0000-7000-8000-000000000004',
    ...screen,
  };
}

/** The next form that a browser sends to `/start`, as anybody sees it who looks over its shoulder. */
export async function sentLaunch(page: Page, act: () => Promise<unknown>): Promise<LaunchForm> {
  const [request] = await Promise.all([
    page
      .context()
      .waitForEvent('request', (sent) => sent.method() === 'POST' && new URL(sent.url()).pathname === '/start'),
    act(),
  ]);
  return Object.fromEntries(new URLSearchParams(request.postData() ?? ''));
}

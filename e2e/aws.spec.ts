/**
 * The whole program as it is built, with an AWS in its place that believes only what AWS's own library signs: whoever
 * has the lines of the portal calls AWS with the ordinary `aws`, without its keys; every call is told; what is denied
 * reaches nobody; and a transfer stops in the middle when the right to it ends.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext, Page } from '@playwright/test';
import { eq } from 'drizzle-orm';
import { apiTokens, awsCalls, grants, sessions } from '../db/schema.ts';
import { anApiToken } from '../db/testing/builders.ts';
import { Stack } from './stack.ts';
import { expect, test } from './test.ts';
import { awsCli, cliOf } from './testbed/aws/cli.ts';
import { FakeAws } from './testbed/fake-aws.ts';
import { dialog, signIn } from './testbed/pages.ts';

const key = { accessKeyId: 'AKIAOFTHEDEMO', secretAccessKey: 'the-secret-that-nobody-has' };
const fake = new FakeAws({ [key.accessKeyId]: key });
let stack: Stack;
let home: string;
let close: () => void;

test.skip(!awsCli, 'The AWS CLI is not installed on this machine.');

test.beforeAll(async () => {
  fake.s3.buckets.set('reports', new Map());
  const opened = await fake.openPlain();
  close = opened.close;
  home = await mkdtemp(join(tmpdir(), 'sp-e2e-aws-'));
  stack = await Stack.start({
    env: {
      AWS_LISTEN: '127.0.0.1:0',
      DEMO_AWS_ENDPOINT: opened.url,
      DEMO_AWS_ACCESS_KEY_ID: key.accessKeyId,
      DEMO_AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    },
  });
});
test.afterAll(async () => {
  await stack?.stop();
  close?.();
  if (home) await rm(home, { recursive: true, force: true });
});

const problems = () => fake.calls.filter(({ problem }) => problem);

test('the lines of the demo are enough for the AWS CLI', async () => {
  const aws = cliOf(stack.demo, home);
  const who = await aws('sts', 'get-caller-identity').said;
  expect(who).toMatchObject({ code: 0, stderr: '' });
  expect(who.stdout).toContain(key.accessKeyId);

  const [up, down] = [join(home, 'up.bin'), join(home, 'down.bin')];
  const content = randomBytes(20_000_000);
  await writeFile(up, content);
  expect(await aws('s3', 'cp', '--quiet', up, 's3://reports/a b.bin').said).toMatchObject({ code: 0, stderr: '' });
  expect(await aws('s3', 'cp', '--quiet', 's3://reports/a b.bin', down).said).toMatchObject({ code: 0, stderr: '' });
  expect((await readFile(down)).equals(content)).toBe(true);
  expect(problems()).toEqual([]);
});

test('each call is kept with who made it and what came of it, in one session', async () => {
  const ctx = await stack.context();
  try {
    await expect
      .poll(async () => (await ctx.connection.db.select().from(awsCalls)).map(({ operation }) => operation))
      .toEqual(expect.arrayContaining(['GetCallerIdentity', 'CreateMultipartUpload', 'UploadPart', 'GetObject']));
    const [session, ...others] = await ctx.connection.db.select().from(sessions).where(eq(sessions.mode, 'AWS'));
    expect(session).toMatchObject({ state: 'active' });
    expect(others).toEqual([]);
  } finally {
    await ctx.connection.close();
  }
});

test('a user makes a token, pastes the lines into a shell, and the page says that it works', async ({ newBrowser }) => {
  const { page, masterPassword } = await pageOf(newBrowser, 'user');
  await page.goto('/aws');
  await page.getByRole('button', { name: 'Make a token' }).click();
  await dialog(page).getByLabel('Name').fill('laptop');
  await dialog(page).getByLabel('Master password', { exact: true }).fill(masterPassword);
  await dialog(page).getByRole('button', { name: 'Make token' }).click();
  await dialog(page).getByRole('button', { name: 'I have it' }).click();
  await expect(dialog(page)).toHaveCount(0);
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: /certificate/i }).click();
  const caFile = join(home, 'sallyport.pem');
  await (await saved).saveAs(caFile);
  await page.getByLabel('Where the certificate is').fill(caFile);
  await expect(page.getByText('Waiting for the first call')).toBeVisible();

  const lines = await page.getByRole('region', { name: 'Lines for sh' }).innerText();
  const env = { NODE_ENV: 'production' as const, PATH: process.env.PATH, HOME: home, AWS_DEFAULT_REGION: 'eu-west-1' };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-ec', lines], { env, cwd: home });
  expect(stdout).toContain(key.accessKeyId);
  await expect(page.getByText('It works')).toBeVisible();
  expect(problems()).toEqual([]);
});

async function pageOf(
  newBrowser: (baseURL: string) => Promise<BrowserContext>,
  role: 'user' | 'auditor' | 'admin',
): Promise<{ page: Page; masterPassword: string }> {
  const login = stack.demo.people.find((person) => person.role === role);
  if (!login) throw new Error(`Nobody is ${role}.`);
  const page = await (await newBrowser(stack.baseUrl)).newPage();
  await signIn(page, login);
  return { page, masterPassword: login.masterPassword };
}

test('what is denied, or not signed by the token, never leaves the house', async () => {
  fake.calls.length = 0;
  const aws = cliOf(stack.demo, home);
  const role = ['--role-arn', 'arn:aws:iam::123456789012:role/x', '--role-session-name', 'me'];
  const assumed = await aws('sts', 'assume-role', ...role).said;
  expect(assumed.code).not.toBe(0);
  expect(assumed.stderr).toMatch(/AccessDenied/);
  expect((await aws('iam', 'create-access-key').said).stderr).toMatch(/AccessDenied/);
  const forged = cliOf(stack.demo, home, { AWS_SECRET_ACCESS_KEY: 'guessed' });
  expect((await forged('sts', 'get-caller-identity').said).code).not.toBe(0);
  const other = cliOf(stack.demo, home, { AWS_ACCESS_KEY_ID: `${stack.demo.aws?.tokenId}#999` });
  expect((await other('sts', 'get-caller-identity').said).code).not.toBe(0);
  expect(fake.calls).toEqual([]);
});

test('an auditor sees the calls as they are made, and an administrator cuts what runs', async ({ newBrowser }) => {
  const { page } = await pageOf(newBrowser, 'auditor');
  const ctx = await stack.context();
  const [demoToken] = await ctx.connection.db.select().from(apiTokens).where(eq(apiTokens.name, 'Demo'));
  if (!demoToken) throw new Error('The demo has no token.');
  const made = await anApiToken(ctx.connection.db, ctx.keyring, { id: demoToken.personId });
  const own = {
    AWS_ACCESS_KEY_ID: `${made.token.tokenId}#${stack.demo.aws?.record}`,
    AWS_SECRET_ACCESS_KEY: made.secret,
  };
  const aws = cliOf(stack.demo, home, { AWS_MAX_ATTEMPTS: '1', ...own });
  expect((await aws('iam', 'list-users').said).code).toBe(0);
  const cutBefore = fake.cut;
  const download = aws('s3api', 'get-object', '--bucket', 'sink', '--key', '40000000000', '/dev/null');
  await expect.poll(() => fake.calls.some(({ path }) => path.endsWith('/40000000000'))).toBe(true);
  const ours = await ctx.connection.db.select().from(awsCalls).where(eq(awsCalls.operation, 'ListUsers'));
  await ctx.connection.close();
  await page.goto(`/sessions/${ours[0]?.sessionId}`);
  const calls = page.getByRole('list', { name: 'Calls by command' });
  await expect(calls.getByText('iam:ListUsers', { exact: true })).toBeVisible();
  await expect(calls.getByText('s3:GetObject', { exact: true })).toBeVisible();
  const { page: desk } = await pageOf(newBrowser, 'admin');
  await desk.goto(page.url());
  await desk.getByRole('button', { name: 'Terminate' }).click();
  await dialog(desk).getByRole('textbox').fill('Too much at once.');
  await dialog(desk).getByRole('button', { name: 'Terminate session' }).click();
  expect((await download.said).code).not.toBe(0);
  await expect.poll(() => fake.cut).toBeGreaterThan(cutBefore);
  // The token is refused this record for a minute.
  expect((await aws('iam', 'list-users').said).code).not.toBe(0);
});

test('a download stops in the middle when the grant ends, and nothing goes through after that', async () => {
  const cutBefore = fake.cut;
  const aws = cliOf(stack.demo, home, { AWS_MAX_ATTEMPTS: '1' });
  const download = aws('s3api', 'get-object', '--bucket', 'sink', '--key', '50000000000', '/dev/null');
  await expect.poll(() => fake.calls.some(({ path }) => path.endsWith('/50000000000'))).toBe(true);
  const ctx = await stack.context();
  try {
    await ctx.connection.db.update(grants).set({ revokedAt: new Date() });
    expect((await download.said).code).not.toBe(0);
    await expect.poll(() => fake.cut).toBeGreaterThan(cutBefore);
    await expect
      .poll(async () => (await ctx.connection.db.select().from(sessions)).map(({ mode, state }) => `${mode} ${state}`))
      .not.toContain('AWS active');
  } finally {
    await ctx.connection.close();
  }
  fake.calls.length = 0;
  expect((await aws('sts', 'get-caller-identity').said).code).not.toBe(0);
  expect(fake.calls).toEqual([]);
});

test('neither key was printed', () => {
  expect(stack.words).not.toContain(key.secretAccessKey);
  expect(stack.words).not.toContain(stack.demo.aws?.secret);
});

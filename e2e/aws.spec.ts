/**
 * The whole program as it is built, with an AWS in its place that believes only what AWS's own library signs: whoever
 * has the lines of the portal calls AWS with the ordinary `aws`, without its keys; every call is told; what is denied
 * reaches nobody; and a transfer stops in the middle when the right to it ends.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { eq } from 'drizzle-orm';
import { awsCalls, grants, sessions } from '../db/schema.ts';
import { Stack } from './stack.ts';
import { awsCli, cliOf } from './testbed/aws/cli.ts';
import { FakeAws } from './testbed/fake-aws.ts';

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
      .poll(async () => (await ctx.connection.db.select().from(sessions).where(eq(sessions.mode, 'AWS')))[0]?.state)
      .toBe('ended');
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

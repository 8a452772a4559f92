/**
 * A demo can be signed in to and clicked through: people of every role whose written passwords work, computers that a
 * real sshd answers for, one access that has ended and one host that is down. A second start keeps people and
 * passwords, doubles nothing and brings addresses up to date. Nothing secret is readable for others.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listUsableRecords } from '../../db/queries/aws-records.ts';
import { pageOfComputers } from '../../db/queries/computer-lists.ts';
import { findSharedCredentialByName, lockSharedCredential } from '../../db/queries/credentials.ts';
import { pageOfGrants } from '../../db/queries/grants.ts';
import { findHostKey } from '../../db/queries/host-keys.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { readSettings } from '../../db/queries/settings.ts';
import * as schema from '../../db/schema.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { createAudit } from '../audit/writer.ts';
import { newAuthority } from '../aws/certificates/authority.ts';
import { systemClock } from '../clock.ts';
import { parseConfig } from '../config/config.ts';
import type { Context } from '../context.ts';
import { createLog } from '../log.ts';
import { checkPassword } from '../people/passwords.ts';
import { openCredential } from '../vault/credential-secret.ts';
import { loadOrCreateKeyring } from '../vault/keyring-file.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import { openTokenSecret } from '../vault/token-secret.ts';
import { startDemo } from './demo.ts';
import type { DemoFile } from './demo-file.ts';
import { sharedPassword } from './machine-account.ts';
import { readablePassword } from './readable-password.ts';

const home = mkdtempSync(join(tmpdir(), 'sp-demo-'));
const log = createLog('test', 'silent');
const { config } = parseConfig({
  argv: ['--demo', '--data-dir', home],
  env: {},
  readFile: () => undefined,
  rootDir: process.cwd(),
  workDir: home,
});
const asRoot = process.getuid?.() === 0;
let database: TestDatabase;
let ctx: Context;

beforeAll(async () => {
  database = await testDatabase();
  const { connection } = database;
  const keyring = await loadOrCreateKeyring(join(home, 'keyring.json'));
  const audit = createAudit({ connection, clock: systemClock });
  ctx = { connection, clock: systemClock, log, keyring, publicUrl: config.publicUrl, audit };
});
afterAll(async () => {
  await database.close();
  rmSync(home, { recursive: true });
});

const listAllComputers = async () => (await pageOfComputers(ctx.connection.db, listOf('name'))).rows;
const listAllGrants = async () => (await pageOfGrants(ctx.connection.db, listOf('computer'), systemClock.now())).rows;
const demoFile = () => JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as DemoFile;

async function started<T>(work: (targets: string[], guide: string) => Promise<T>): Promise<T> {
  const demo = await startDemo(ctx, config, { makeAuthority: newAuthority });
  try {
    return await work(demo.targets, demo.guide);
  } finally {
    await demo.stop();
  }
}

it('writes down people of every role, with passwords that work, for its owner alone', async () => {
  await started(async (_targets, guide) => {
    const { baseUrl, people } = demoFile();
    expect(baseUrl).toBe('http://localhost:3000');
    expect(people.map(({ role }) => role).sort()).toEqual(['admin', 'approver', 'auditor', 'user']);
    for (const { role, email, password, masterPassword } of people) {
      const person = await findPersonByEmail(ctx.connection.db, email);
      expect(person?.roles).toEqual([role]);
      expect(await checkPassword(person?.passwordHash, password)).toBe('right');
      expect(guide).toContain(password);
      expect(guide).toContain(masterPassword);
      const opened = await openWithMasterPassword(ctx, person!.id, masterPassword);
      expect(opened.ok).toBe(true);
    }
    expect(statSync(join(home, 'demo.json')).mode & 0o777).toBe(0o600);
  });
});

it('lets the gateway dial its own sshd and the port that is down, nothing else of this machine', async () => {
  await started(async (targets) => {
    const computers = await listAllComputers();
    expect(new Set(computers.map(({ server, port }) => `${server}:${port}`))).toEqual(new Set(targets));
    expect(targets).toHaveLength(2);
    expect(targets).toContain('127.0.0.1:9');
  });
});

const storedCredentials = () => ctx.connection.db.select().from(schema.credentials);

it('stores credentials that open a shell at its computers, under a pinned host key', async () => {
  await started(async ([target = '']) => {
    const port = Number(target.split(':')[1]);
    const { db } = ctx.connection;
    const pinned = await findHostKey(db, '127.0.0.1', port);
    expect(pinned?.keyType).toBe('ssh-ed25519');
    const stored = await storedCredentials();
    expect(stored.map(({ type }) => type).sort()).toEqual(asRoot ? ['password', 'ssh_key'] : ['ssh_key']);
    const byKey = stored.find(({ type }) => type === 'ssh_key')!;
    const row = await lockSharedCredential(db, byKey.id);
    const sealed = await findSecret(db, row!.secretId);
    expect(openCredential(ctx.keyring, byKey.id, sealed!)).toMatchObject({
      ok: true,
      secret: { type: 'ssh_key' },
    });
    const knownHosts = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes'];
    const key = join(home, 'demo', 'account_key');
    const args = ['-F', 'none', '-p', String(port), '-i', key, ...knownHosts, `${byKey.username}@127.0.0.1`, 'id -un'];
    expect(execFileSync('ssh', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe(
      `${byKey.username}\n`,
    );
    if (asRoot) expect(byKey.username).toBe('sallyport-demo');
  });
});

it('keeps people, passwords and computers at the next start, and doubles nothing', async () => {
  await started(async () => undefined);
  const before = demoFile();
  const counts = async () => {
    const [computers, credentials, grants] = [
      await listAllComputers(),
      await storedCredentials(),
      await listAllGrants(),
    ];
    const [secrets] = await ctx.connection.sql<{ n: number }[]>`select count(*) as n from secrets`;
    return [computers.length, credentials.length, grants.length, secrets?.n];
  };
  const countsBefore = await counts();
  await started(async () => {
    expect(demoFile()).toEqual(before);
    expect(await counts()).toEqual(countsBefore);
  });
});

it('gives people new passwords when the written ones are lost', async () => {
  await started(async () => undefined);
  const lost = demoFile().people.find(({ role }) => role === 'admin')!;
  rmSync(join(home, 'demo.json'));
  await started(async () => {
    const admin = demoFile().people.find(({ role }) => role === 'admin')!;
    expect(admin.password).not.toBe(lost.password);
    const person = await findPersonByEmail(ctx.connection.db, admin.email);
    expect(await checkPassword(person?.passwordHash, admin.password)).toBe('right');
    expect((await openWithMasterPassword(ctx, person!.id, admin.masterPassword)).ok).toBe(true);
    expect((await openWithMasterPassword(ctx, person!.id, lost.masterPassword)).ok).toBe(false);
  });
});

it('keeps the people of a demo file from before there were master passwords', async () => {
  await started(async () => undefined);
  const before = demoFile();
  const people = before.people.map(({ masterPassword: _, ...person }) => person);
  writeFileSync(join(home, 'demo.json'), JSON.stringify({ ...before, people }));
  await started(async () => {
    const kept = demoFile().people.map(({ masterPassword: _, ...person }) => person);
    expect(kept).toEqual(people);
  });
});

it('has a grant of each kind: by group, direct, ended', async () => {
  await started(async () => {
    const grants = await listAllGrants();
    expect(grants.some(({ group }) => group !== null)).toBe(true);
    expect(grants.some(({ person, endsAt }) => person !== null && endsAt === null)).toBe(true);
    expect(grants.some(({ endsAt }) => endsAt !== null && endsAt < new Date())).toBe(true);
  });
});

describe('passwords', () => {
  it('are easy to read and never the same', () => {
    const many = Array.from({ length: 200 }, readablePassword);
    expect(new Set(many).size).toBe(200);
    for (const password of many) expect(password).toMatch(/^([b-df-hjkmnp-tv-xz2-9]{4}-){3}[b-df-hjkmnp-tv-xz2-9]{4}$/);
  });

  it('of the machine account are one for all demos, also when they start at once', async () => {
    const folder = join(home, 'shared');
    const answers = await Promise.all(Array.from({ length: 8 }, () => sharedPassword(folder)));
    expect(new Set(answers).size).toBe(1);
    expect(statSync(join(folder, 'demo-account-password')).mode & 0o777).toBe(0o600);
  });
});

describe('with something in the place of AWS', () => {
  const demoAws = { endpoint: 'http://127.0.0.1:4566', accessKeyId: 'AKIADEMO', secretAccessKey: 'a-secret' };

  async function startedWith(change: Partial<typeof demoAws>) {
    const demo = await startDemo(
      ctx,
      { ...config, demoAws: { ...demoAws, ...change } },
      { makeAuthority: newAuthority },
    );
    await demo.stop();
    const { aws } = demoFile();
    if (!aws) throw new Error('demo.json has no AWS');
    return { aws, targets: demo.targets };
  }

  it('turns the proxy on, with a record and a token that the user can use, and says how', async () => {
    const { aws, targets } = await startedWith({});
    expect(aws.proxy).toBe('http://127.0.0.1:8081');
    expect(readFileSync(aws.caFile, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(targets).toContain('127.0.0.1:4566');
    const { db } = ctx.connection;
    expect((await readSettings(db)).awsProxy).toBe(true);
    const user = await findPersonByEmail(db, 'user@demo.example');
    if (!user) throw new Error('no user');
    const [record] = await listUsableRecords(db, user.id, systemClock.now());
    expect(record).toMatchObject({ number: Number(aws.record), name: 'demo-aws' });
    const [token] = await db.select().from(schema.apiTokens);
    expect(token).toMatchObject({ tokenId: aws.tokenId, personId: user.id, scopes: ['aws'], revokedAt: null });
    const sealed = token && (await findSecret(db, token.secretId));
    if (!token || !sealed) throw new Error('no secret');
    expect(openTokenSecret(ctx.keyring, token.id, sealed)).toEqual({ ok: true, secret: aws.secret });
  });

  it('keeps both at the next start, with the keys and the place that are set then', async () => {
    const { aws: before } = await startedWith({});
    const { aws } = await startedWith({
      endpoint: 'https://localhost',
      accessKeyId: 'AKIAOTHER',
      secretAccessKey: 'b',
    });
    expect(aws).toEqual(before);
    const { db } = ctx.connection;
    const credential = await findSharedCredentialByName(db, 'demo-aws');
    if (!credential) throw new Error('no record');
    expect(credential.username).toBe('AKIAOTHER');
    const [kept] = await db.select().from(schema.awsRecords);
    expect(kept).toMatchObject({ endpointUrl: 'https://localhost', endpointHost: 'path_style' });
    expect(await db.$count(schema.apiTokens)).toBe(1);
    expect(await db.$count(schema.grants, eq(schema.grants.credentialId, credential.id))).toBe(1);
  });

  it('makes another token when that one was revoked', async () => {
    const { aws: before } = await startedWith({});
    await ctx.connection.db.update(schema.apiTokens).set({ revokedAt: systemClock.now() });
    const { aws } = await startedWith({});
    expect(aws.tokenId).not.toBe(before.tokenId);
    expect(aws.secret).not.toBe(before.secret);
  });
});

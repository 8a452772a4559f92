// Contract: the process of the AWS proxy, as it is started, with a real AWS CLI before it and a stand-in for AWS behind it.
// It takes calls only while the setting says so, by CONNECT and by the server's own address alike; every call is in the
// database within moments, and a session that is terminated takes its transfers with it.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { notify } from '../db/notify.ts';
import { findProxyAuthority } from '../db/queries/authorities.ts';
import { storeSetting } from '../db/queries/settings.ts';
import { auditEvents, awsCalls, builtInRecordTypes, recordTypes, sessions } from '../db/schema.ts';
import { aGrant, anApiToken, anAwsRecord, aPerson, aPolicy } from '../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../db/testing/database.ts';
import { standInAws } from './aws/testing/running-proxy.ts';
import { createAwsDoor } from './front/aws-door.ts';
import { publicOriginOf } from './front/public-origin.ts';
import { createLog } from './log.ts';
import { type GatewayProcess, gatewayConfigIn, startChildProcess } from './testing/gateway-process.ts';
import { loadKeyring } from './vault/keyring-file.ts';

const run = promisify(execFile);
const cli = '/usr/bin/aws';
const identity =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
  '<Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDA</UserId><Account>123456789012</Account>' +
  '</GetCallerIdentityResult></GetCallerIdentityResponse>';

let database: TestDatabase;
let folder: string;
let sidecar: GatewayProcess;
let aws: Awaited<ReturnType<typeof standInAws>>;
let answer: (request: IncomingMessage, body: string) => string | undefined;
let arrived: { host: string | undefined; authorization: string | undefined; url: string | undefined }[];
let env: Record<string, string>;
let front: { url: string; stop(): void };

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sp-sidecar-'));
  aws = await standInAws(async (request, response) => {
    const { host, authorization } = request.headers;
    arrived.push({ host, authorization, url: request.url });
    let body = '';
    try {
      for await (const piece of request) body += piece;
    } catch {
      return;
    }
    const text = answer(request, body);
    response.writeHead(200, { 'content-type': 'text/xml', 'x-amzn-requestid': 'of-aws' });
    if (text === undefined) response.write('begun');
    else response.end(text);
  }, 'localhost');
  const base = await gatewayConfigIn(folder, { databaseUrl: database.appUrl, publicUrl: 'http://localhost:3000' });
  const config = { ...base, rootDir: join(import.meta.dirname, '..'), allowTargets: ['localhost'] };
  sidecar = await startChildProcess('aws-sidecar.ts', config);
  expect(sidecar.log()).toBe('');
  front = await frontOf(config.awsSocket);
  env = await callerEnvironment(config.keyringPath);
});
afterAll(async () => {
  front?.stop();
  await sidecar?.kill();
  aws?.stop();
  await database?.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  arrived = [];
  answer = () => identity;
});

async function frontOf(socketPath: string) {
  const door = createAwsDoor({
    socketPath,
    ours: publicOriginOf('http://localhost'),
    log: createLog('front', 'silent'),
  });
  const server = createServer((request, response) => door.forward(request, response, '127.0.0.1'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = () => {
    door.close();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/aws`, stop };
}

/** A person with a token and a record, as the four lines have it. */
async function callerEnvironment(keyringPath: string): Promise<Record<string, string>> {
  const { db } = database.connection;
  const keyring = await loadKeyring(keyringPath);
  await db.update(recordTypes).set({ disabledAt: null }).where(eq(recordTypes.id, builtInRecordTypes.aws_access_key));
  const person = await aPerson(db);
  await storeSetting(db, { name: 'awsProxy', value: true, changedAt: new Date(), changedBy: person.id });
  const record = await anAwsRecord(db, keyring, { endpointUrl: aws.url, endpointCaPem: aws.caPem });
  const policy = await aPolicy(db);
  await aGrant(db, { personId: person.id, credentialId: record.credential.id, policyId: policy.id });
  const { token, secret } = await anApiToken(db, keyring, person);
  const authority = await findProxyAuthority(db);
  const caFile = join(folder, 'proxy-ca.pem');
  await writeFile(caFile, authority?.certificatePem ?? '');
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    HTTPS_PROXY: `http://127.0.0.1:${sidecar.port}`,
    AWS_CA_BUNDLE: caFile,
    AWS_ACCESS_KEY_ID: `${token.tokenId}#${record.record.number}`,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

const call = (args: string[], more: Record<string, string> = {}) =>
  run(cli, args, { env: { NODE_ENV: 'test', ...env, ...more }, timeout: 60_000 }).then(
    ({ stdout }) => stdout,
    (error: { stderr: string }) => error.stderr,
  );
const rows = () => database.connection.db.select().from(awsCalls).orderBy(awsCalls.startedAt);

test('says where it listens', () => {
  expect(sidecar.first).toMatchObject({ type: 'ready', port: expect.any(Number) });
});

test.skipIf(!existsSync(cli))('a call of the AWS CLI reaches AWS signed by the record, and the database', async () => {
  // The setting was made after the start: it counts within a second.
  await expect
    .poll(() => call(['sts', 'get-caller-identity', '--output', 'text']), { timeout: 20_000 })
    .toContain('arn:aws:iam::123456789012:user/ci');
  expect(arrived).toMatchObject([{ host: 'sts.eu-west-1.amazonaws.com', url: '/' }]);
  expect(arrived[0]?.authorization).not.toContain('#');
  await expect.poll(async () => (await rows()).at(-1)?.finishedAt, { timeout: 10_000 }).toBeInstanceOf(Date);
  expect((await rows()).at(-1)).toMatchObject({
    route: 'proxy',
    service: 'sts',
    operation: 'GetCallerIdentity',
    region: 'eu-west-1',
    status: 200,
    awsRequestId: 'of-aws',
    refusal: null,
    problem: null,
    command: 'sts get-caller-identity',
  });
  const kinds = (await database.connection.db.select().from(auditEvents)).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['aws.called', 'aws.answered']));
});

test.skipIf(!existsSync(cli))(
  'the same call by the address of the server, where the host comes from the signature',
  async () => {
    const text = await call(['sts', 'get-caller-identity', '--endpoint-url', front.url], { HTTPS_PROXY: '' });
    expect(text).toContain('arn:aws:iam::123456789012:user/ci');
    expect(arrived).toMatchObject([{ host: 'sts.eu-west-1.amazonaws.com', url: '/' }]);
    await expect.poll(async () => (await rows()).at(-1)?.route, { timeout: 10_000 }).toBe('endpoint');
  },
);

test.skipIf(!existsSync(cli))('what answers with keys is refused, in words that the CLI shows', async () => {
  const role = 'arn:aws:iam::123456789012:role/admin';
  const told = await call(['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'somebody']);
  expect(told).toContain('AccessDenied');
  expect(told).toContain('sts:AssumeRole would answer with credentials');
  expect(await call(['sts', 'get-caller-identity'], { AWS_SECRET_ACCESS_KEY: 'wrong' })).toContain(
    'SignatureDoesNotMatch',
  );
  expect(arrived).toEqual([]);
});

test.skipIf(!existsSync(cli))('a session that is terminated takes its transfer with it', async () => {
  answer = () => undefined;
  const transfer = call(['s3api', 'get-object', '--bucket', 'b', '--key', 'k', join(folder, 'object')]);
  await expect.poll(() => arrived.length, { timeout: 20_000 }).toBe(1);
  const { db } = database.connection;
  const [session] = await db.select().from(sessions).where(eq(sessions.state, 'active'));
  await db.transaction(async (tx) => {
    await notify(tx, 'end_session', { sessionId: session?.id ?? '', reason: 'terminated', by: 'an administrator' });
  });
  expect(await transfer).not.toContain('"ETag"');
  await expect.poll(async () => (await rows()).at(-1)?.problem, { timeout: 10_000 }).toBe('access_ended');
});

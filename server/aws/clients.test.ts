import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as sts from '@aws-sdk/client-sts';
import { sign } from 'aws4';
import { afterAll, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { FakeAws } from '../../e2e/testbed/fake-aws.ts';
import { desk, installed, ThroughProxy } from './testing/clients.ts';
import { record, runningProxy, standInAws, token } from './testing/running-proxy.ts';

/*
 * The programs that people use, unchanged, with the lines that the portal shows them: they reach AWS through the proxy.
 * AWS is a stand-in that believes a request only when AWS's own library signs it in the same way, chunks and checksums
 * of uploads included. A program that is not installed here is not tried.
 */

let fake: FakeAws;
let proxy: Awaited<ReturnType<typeof runningProxy>>;
let at: Awaited<ReturnType<typeof desk>>;
let stop: () => Promise<void>;

beforeAll(async () => {
  fake = new FakeAws({ [record.accessKeyId]: record });
  fake.s3.buckets.set('reports', new Map());
  const aws = await standInAws((incoming, answer) => void fake.handle(incoming, answer));
  proxy = await runningProxy({ aws });
  at = await desk(proxy, token);
  stop = async () => {
    await at.leave();
    await proxy.stop();
    aws.stop();
  };
});
afterAll(() => stop());
beforeEach(() => {
  fake.calls.length = 0;
  proxy.seen.opened.length = 0;
});

const problems = () => fake.calls.filter(({ problem }) => problem).map(({ problem, path }) => `${problem} ${path}`);
const named = () => proxy.seen.opened.map(({ shown }) => `${shown.service}:${shown.operation}`);

function programOr(context: TestContext, name: string): string {
  const program = installed(name);
  if (!program) context.skip(`${name} is not installed on this machine.`);
  return program ?? '';
}

/** Runs it and gives what it wrote; what it complained of is the failure. */
async function done(program: string, args: readonly string[], more?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await at.run(program, args, more);
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

describe.each([
  ['of Debian', '/usr/bin/aws'],
  ['of the path', 'aws'],
])('the AWS CLI %s', (_, name) => {
  test('calls services of every protocol', async (context) => {
    const aws = programOr(context, name);
    const said = JSON.parse(await done(aws, ['sts', 'get-caller-identity', '--output', 'json']));
    expect(said.Arn).toContain(record.accessKeyId);
    await done(aws, ['ec2', 'describe-instances', '--filters', 'Name=tag:name,Values=a b']);
    await done(aws, ['iam', 'list-users']);
    await done(aws, ['dynamodb', 'list-tables']);
    await done(aws, ['ssm', 'put-parameter', '--name', '/a b/c', '--value', 'ü', '--type', 'SecureString']);
    expect(named()).toEqual([
      'sts:GetCallerIdentity',
      'ec2:DescribeInstances',
      'iam:ListUsers',
      'dynamodb:ListTables',
      'ssm:PutParameter',
    ]);
    expect(JSON.stringify(proxy.seen.opened)).not.toContain('ü');
    expect(problems()).toEqual([]);
  });

  test('copies objects up in parts and down again, with odd names, and removes them', async (context) => {
    const aws = programOr(context, name);
    const content = randomBytes(20_000_000);
    const [up, down] = [join(at.home, 'up.bin'), join(at.home, 'down.bin')];
    await writeFile(up, content);
    const object = "s3://reports/year 2026/ü+&=b@c:d'e(1)~.bin";
    await done(aws, ['s3', 'cp', '--no-progress', up, object]);
    expect(fake.s3.content('reports', "year 2026/ü+&=b@c:d'e(1)~.bin")?.equals(content)).toBe(true);
    expect(await done(aws, ['s3', 'ls', 's3://reports/year 2026/'])).toContain('20000000');
    await done(aws, ['s3', 'cp', '--no-progress', object, down]);
    expect((await readFile(down)).equals(content)).toBe(true);
    await done(aws, ['s3', 'rm', object]);
    expect(named()).toEqual(
      expect.arrayContaining([
        's3:CreateMultipartUpload',
        's3:UploadPart',
        's3:CompleteMultipartUpload',
        's3:DeleteObject',
      ]),
    );
    expect(problems()).toEqual([]);
  });

  test('is told what is wrong with its key, and does not try again', async (context) => {
    const aws = programOr(context, name);
    const { code, stderr } = await at.run(aws, ['sts', 'get-caller-identity'], {
      AWS_SECRET_ACCESS_KEY: 'another',
      AWS_MAX_ATTEMPTS: '4',
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/InvalidClientTokenId|SignatureDoesNotMatch/);
    expect(proxy.seen.opened).toEqual([]);
    expect(fake.calls).toEqual([]);
  });
});

describe('the SDK for JavaScript', () => {
  const options = () => ({
    region: 'eu-west-1',
    credentials: token,
    maxAttempts: 1,
    requestHandler: { httpsAgent: new ThroughProxy(proxy) },
  });

  test('says who calls, and keeps items in a table', async () => {
    const who = await new sts.STSClient(options()).send(new sts.GetCallerIdentityCommand({}));
    expect(who.UserId).toBe(record.accessKeyId);
    const client = new dynamodb.DynamoDBClient(options());
    const TableName = 'people';
    await client.send(
      new dynamodb.CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const Item = { id: { S: 'ü/1' }, note: { S: 'hello' } };
    await client.send(new dynamodb.PutItemCommand({ TableName, Item }));
    const got = await client.send(new dynamodb.GetItemCommand({ TableName, Key: { id: { S: 'ü/1' } } }));
    expect(got.Item).toEqual(Item);
    expect(problems()).toEqual([]);
  });

  test('streams an upload with a checksum at its end, and reads it back', async () => {
    const client = new s3.S3Client(options());
    const pieces = Array.from({ length: 40 }, () => randomBytes(100_000));
    const [Bucket, Key] = ['reports', 'dir//x/../streamed'];
    const Body = Readable.from(pieces);
    await client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ContentLength: 4_000_000 }));
    const [put] = fake.calls;
    expect(put?.payload).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    expect(fake.s3.content(Bucket, Key)?.equals(Buffer.concat(pieces))).toBe(true);
    const { Body: stream } = await client.send(new s3.GetObjectCommand({ Bucket, Key, Range: 'bytes=10-19' }));
    expect(
      Buffer.from((await stream?.transformToByteArray()) ?? []).equals(pieces[0]?.subarray(10, 20) ?? Buffer.of()),
    ).toBe(true);
    expect(problems()).toEqual([]);
  });

  test('uploads in parts, copies, and removes many at once', async () => {
    const client = new s3.S3Client(options());
    const name = { Bucket: 'reports', Key: 'in parts' };
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(name));
    const parts = [randomBytes(5_300_000), randomBytes(1_000)];
    const Parts = await Promise.all(
      parts.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag } = await client.send(new s3.UploadPartCommand({ ...name, UploadId, PartNumber, Body }));
        return { ETag, PartNumber };
      }),
    );
    await client.send(new s3.CompleteMultipartUploadCommand({ ...name, UploadId, MultipartUpload: { Parts } }));
    expect(fake.s3.content('reports', 'in parts')?.equals(Buffer.concat(parts))).toBe(true);
    await client.send(new s3.CopyObjectCommand({ Bucket: 'reports', Key: 'copy', CopySource: 'reports/in%20parts' }));
    expect(fake.s3.content('reports', 'copy')?.length).toBe(5_301_000);
    const Objects = [{ Key: 'copy' }, { Key: 'in parts' }];
    await client.send(new s3.DeleteObjectsCommand({ Bucket: 'reports', Delete: { Objects } }));
    expect(fake.s3.content('reports', 'copy')).toBeUndefined();
    expect(problems()).toEqual([]);
  });

  test('gets the error of AWS as AWS gave it', async () => {
    const client = new s3.S3Client(options());
    const missing = client.send(new s3.GetObjectCommand({ Bucket: 'reports', Key: 'missing' }));
    await expect(missing).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
  });
});

test('aws4 signs a plain request of Node', async () => {
  const signed = sign(
    {
      host: 'iam.amazonaws.com',
      service: 'iam',
      region: 'us-east-1',
      method: 'POST',
      body: 'Action=ListUsers&Version=2010-05-08',
    },
    token,
  );
  const answered = await new Promise<string>((resolve, reject) => {
    const sending = request({ ...signed, agent: new ThroughProxy(proxy) }, (answer) => resolve(text(answer)));
    sending.once('error', reject).end(signed.body);
  });
  expect(answered).toContain('<UserName>alice</UserName>');
  expect(problems()).toEqual([]);
});

test('curl signs by itself', async (context) => {
  const curl = programOr(context, 'curl');
  const common = [
    '-sS',
    '--fail-with-body',
    '--cacert',
    at.caFile,
    '-u',
    `${token.accessKeyId}:${token.secretAccessKey}`,
  ];
  const url = 'https://sts.eu-west-1.amazonaws.com/';
  const sent = [
    ...common,
    '--aws-sigv4',
    'aws:amz:eu-west-1:sts',
    '-d',
    'Action=GetCallerIdentity&Version=2011-06-15',
    url,
  ];
  expect(await done(curl, sent)).toContain(record.accessKeyId);
  expect(named()).toEqual(['sts:GetCallerIdentity']);
  expect(problems()).toEqual([]);
});

test('rclone copies a folder, looks at it, and checks what it copied', async (context) => {
  const rclone = programOr(context, 'rclone');
  const remote =
    ':s3,provider=AWS,env_auth=true,region=eu-west-1,no_check_bucket=true,chunk_size=5M,upload_cutoff=5M:reports/rclone';
  const folder = join(at.home, 'folder');
  const [large, small] = [randomBytes(12_000_000), randomBytes(3_000)];
  await done('/bin/mkdir', ['-p', join(folder, 'with blank')]);
  await writeFile(join(folder, 'with blank', 'large ü+.bin'), large);
  await writeFile(join(folder, 'small.bin'), small);
  const common = ['--config', '', '--ca-cert', at.caFile, '--retries', '1', '--low-level-retries', '1'];
  // The library below it takes no such variable; rclone has its own option.
  const more = { AWS_CA_BUNDLE: '' };
  await done(rclone, [...common, 'copy', folder, remote], more);
  expect(fake.s3.content('reports', 'rclone/with blank/large ü+.bin')?.equals(large)).toBe(true);
  await done(rclone, [...common, 'check', '--download', folder, remote], more);
  expect(await done(rclone, [...common, 'lsf', '-R', remote], more)).toContain('with blank/large ü+.bin');
  await done(rclone, [...common, 'delete', remote], more);
  expect(fake.s3.content('reports', 'rclone/small.bin')).toBeUndefined();
  expect(problems().filter((problem) => !/^NoSuchKey/.test(problem))).toEqual([]);
});

test('s3cmd puts, lists, gets and removes', async (context) => {
  const s3cmd = programOr(context, 's3cmd');
  const content = randomBytes(17_000_000);
  const [up, down] = [join(at.home, 's3cmd.bin'), join(at.home, 's3cmd.got')];
  await writeFile(up, content);
  const settings = join(at.home, '.s3cfg');
  const lines = {
    access_key: token.accessKeyId,
    secret_key: token.secretAccessKey,
    bucket_location: 'eu-west-1',
    host_base: 's3.eu-west-1.amazonaws.com',
    host_bucket: '%(bucket)s.s3.eu-west-1.amazonaws.com',
    proxy_host: '127.0.0.1',
    proxy_port: String(proxy.port),
    ca_certs_file: at.caFile,
    use_https: 'True',
    max_retries: '1',
  };
  const written = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(settings, `[default]\n${written.join('')}`);
  const common = ['-c', settings, '--no-progress'];
  await done(s3cmd, [...common, '--multipart-chunk-size-mb=5', 'put', up, 's3://reports/s3cmd/a b.bin']);
  expect(fake.s3.content('reports', 's3cmd/a b.bin')?.equals(content)).toBe(true);
  expect(await done(s3cmd, [...common, 'ls', 's3://reports/s3cmd/'])).toContain('a b.bin');
  await done(s3cmd, [...common, 'get', 's3://reports/s3cmd/a b.bin', down]);
  expect((await readFile(down)).equals(content)).toBe(true);
  await done(s3cmd, [...common, 'del', 's3://reports/s3cmd/a b.bin']);
  expect(problems()).toEqual([]);
});

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { loadEndpoints } from '../endpoints/endpoints.ts';
import { disagreement, meaningOf } from '../endpoints/host-meaning.ts';
import { type Captured, captured, capturing } from '../testing/captured-requests.ts';
import { bodyWanted, nameOperation } from './name-operation.ts';
import { keepParameters, readCall } from './parameters.ts';
import { unpacked } from './read-body.ts';
import { resourcesOf } from './resources.ts';
import { lazyOperations } from './table.ts';

// What the AWS SDK writes is named as the SDK names it, with the things it is about and without what is secret in it. The host it
// writes to means the service and the region that it signs for. Clients are the ones that people use; only the network is missing.
const root = join(import.meta.dirname, '..', '..', '..');
const [operations, endpoints] = await Promise.all([lazyOperations(root)(), loadEndpoints(root)]);

function understood({ host, request, scope, body }: Captured) {
  const place = meaningOf(host, endpoints);
  const question = { request, scope, ...(place && { place }) };
  const wanted = bodyWanted(operations, question);
  const read = wanted === 'none' ? undefined : unpacked(request, body);
  const call = nameOperation(operations, { ...question, ...(read && { body: read }) });
  const said = readCall(call, request, read, body.length > 0);
  return {
    place,
    scope,
    call,
    wanted,
    resources: resourcesOf(call, said),
    kept: keepParameters(call, said),
  };
}

const clients = {
  sts: new sts.STSClient(capturing),
  s3: new s3.S3Client(capturing),
  ec2: new ec2.EC2Client(capturing),
  dynamodb: new dynamodb.DynamoDBClient(capturing),
  iam: new iam.IAMClient(capturing),
  ssm: new ssm.SSMClient(capturing),
};

const bucket = { Bucket: 'reports' };
const object = { Bucket: 'reports', Key: 'year/2026/ü b+c.csv' };
const name = 'reports/year/2026/ü b+c.csv';
const key = { id: { S: '1' } };

// The command, the client of which it is one, what it is about, and what of the body naming wants.
type Row = [name: string, send: () => Promise<unknown>, resources: string[], wanted?: 'name' | 'parameters' | 'none'];
const rows: Row[] = [
  ['sts:GetCallerIdentity', () => clients.sts.send(new sts.GetCallerIdentityCommand({})), [], 'name'],
  [
    'sts:AssumeRole',
    () =>
      clients.sts.send(
        new sts.AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/Admin', RoleSessionName: 'me' }),
      ),
    ['arn:aws:iam::123456789012:role/Admin'],
  ],
  ['sts:GetSessionToken', () => clients.sts.send(new sts.GetSessionTokenCommand({ DurationSeconds: 900 })), []],
  ['sts:GetFederationToken', () => clients.sts.send(new sts.GetFederationTokenCommand({ Name: 'bob' })), ['bob']],
  ['s3:ListBuckets', () => clients.s3.send(new s3.ListBucketsCommand({})), [], 'none'],
  [
    's3:ListObjectsV2',
    () => clients.s3.send(new s3.ListObjectsV2Command({ ...bucket, Prefix: 'a/b', Delimiter: '/', MaxKeys: 3 })),
    ['reports'],
  ],
  ['s3:ListObjects', () => clients.s3.send(new s3.ListObjectsCommand({ ...bucket, Marker: 'x' })), ['reports']],
  ['s3:ListObjectVersions', () => clients.s3.send(new s3.ListObjectVersionsCommand(bucket)), ['reports']],
  ['s3:HeadBucket', () => clients.s3.send(new s3.HeadBucketCommand(bucket)), ['reports']],
  ['s3:CreateBucket', () => clients.s3.send(new s3.CreateBucketCommand(bucket)), ['reports']],
  ['s3:DeleteBucket', () => clients.s3.send(new s3.DeleteBucketCommand(bucket)), ['reports']],
  [
    's3:GetObject',
    () => clients.s3.send(new s3.GetObjectCommand({ ...object, VersionId: 'v1', ResponseContentType: 'text/plain' })),
    [name],
  ],
  ['s3:HeadObject', () => clients.s3.send(new s3.HeadObjectCommand({ ...object, PartNumber: 2 })), [name]],
  [
    's3:PutObject',
    () => clients.s3.send(new s3.PutObjectCommand({ ...object, Body: 'content', ContentType: 'application/json' })),
    [name],
    'none',
  ],
  ['s3:DeleteObject', () => clients.s3.send(new s3.DeleteObjectCommand(object)), [name]],
  [
    's3:DeleteObjects',
    () =>
      clients.s3.send(
        new s3.DeleteObjectsCommand({ ...bucket, Delete: { Objects: [{ Key: 'a&b' }, { Key: 'c/d' }] } }),
      ),
    ['reports/a&b', 'reports/c/d'],
    'parameters',
  ],
  [
    's3:CopyObject',
    () => clients.s3.send(new s3.CopyObjectCommand({ ...object, CopySource: '/secrets/k%20ey?versionId=1' })),
    [name, 'secrets/k ey'],
  ],
  ['s3:CreateMultipartUpload', () => clients.s3.send(new s3.CreateMultipartUploadCommand(object)), [name]],
  [
    's3:UploadPart',
    () => clients.s3.send(new s3.UploadPartCommand({ ...object, UploadId: 'u', PartNumber: 1, Body: 'x' })),
    [name],
    'none',
  ],
  [
    's3:UploadPartCopy',
    () =>
      clients.s3.send(
        new s3.UploadPartCopyCommand({ ...object, UploadId: 'u', PartNumber: 1, CopySource: 'secrets/k' }),
      ),
    [name, 'secrets/k'],
  ],
  ['s3:ListParts', () => clients.s3.send(new s3.ListPartsCommand({ ...object, UploadId: 'u' })), [name]],
  [
    's3:AbortMultipartUpload',
    () => clients.s3.send(new s3.AbortMultipartUploadCommand({ ...object, UploadId: 'u' })),
    [name],
  ],
  [
    's3:CompleteMultipartUpload',
    () =>
      clients.s3.send(
        new s3.CompleteMultipartUploadCommand({
          ...object,
          UploadId: 'u',
          MultipartUpload: { Parts: [{ ETag: 'e', PartNumber: 1 }] },
        }),
      ),
    [name],
  ],
  ['s3:ListMultipartUploads', () => clients.s3.send(new s3.ListMultipartUploadsCommand(bucket)), ['reports']],
  [
    's3:GetBucketLifecycleConfiguration',
    () => clients.s3.send(new s3.GetBucketLifecycleConfigurationCommand(bucket)),
    ['reports'],
  ],
  ['s3:GetBucketLocation', () => clients.s3.send(new s3.GetBucketLocationCommand(bucket)), ['reports']],
  [
    's3:PutBucketPolicy',
    () => clients.s3.send(new s3.PutBucketPolicyCommand({ ...bucket, Policy: '{}' })),
    ['reports'],
  ],
  [
    's3:PutObjectTagging',
    () =>
      clients.s3.send(new s3.PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })),
    [name],
  ],
  [
    's3:GetObjectAttributes',
    () => clients.s3.send(new s3.GetObjectAttributesCommand({ ...object, ObjectAttributes: ['ETag'] })),
    [name],
  ],
  [
    's3:ListBucketAnalyticsConfigurations',
    () => clients.s3.send(new s3.ListBucketAnalyticsConfigurationsCommand(bucket)),
    ['reports'],
  ],
  [
    's3:GetBucketAnalyticsConfiguration',
    () => clients.s3.send(new s3.GetBucketAnalyticsConfigurationCommand({ ...bucket, Id: 'x' })),
    ['reports'],
  ],
  [
    's3:RestoreObject',
    () => clients.s3.send(new s3.RestoreObjectCommand({ ...object, RestoreRequest: { Days: 1 } })),
    [name],
  ],
  [
    's3:SelectObjectContent',
    () =>
      clients.s3.send(
        new s3.SelectObjectContentCommand({
          ...object,
          Expression: 'x',
          ExpressionType: 'SQL',
          InputSerialization: { CSV: {} },
          OutputSerialization: { CSV: {} },
        }),
      ),
    [name],
  ],
  ['s3:CreateSession', () => clients.s3.send(new s3.CreateSessionCommand(bucket)), ['reports']],
  [
    'ec2:DescribeInstances',
    () => clients.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: ['i-1', 'i-2'] })),
    ['i-1', 'i-2'],
    'name',
  ],
  [
    'ec2:DescribeInstances',
    () => clients.ec2.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name: 'tag:a', Values: ['b'] }] })),
    [],
  ],
  [
    'ec2:TerminateInstances',
    () => clients.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: ['i-9'] })),
    ['i-9'],
  ],
  [
    'ec2:RunInstances',
    () =>
      clients.ec2.send(
        new ec2.RunInstancesCommand({ ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: 'subnet-1' }),
      ),
    ['ami-1', 'subnet-1'],
  ],
  ['ec2:GetPasswordData', () => clients.ec2.send(new ec2.GetPasswordDataCommand({ InstanceId: 'i-1' })), ['i-1']],
  ['dynamodb:ListTables', () => clients.dynamodb.send(new dynamodb.ListTablesCommand({})), [], 'parameters'],
  [
    'dynamodb:GetItem',
    () => clients.dynamodb.send(new dynamodb.GetItemCommand({ TableName: 'orders', Key: key })),
    ['orders'],
  ],
  [
    'dynamodb:PutItem',
    () => clients.dynamodb.send(new dynamodb.PutItemCommand({ TableName: 'orders', Item: key })),
    ['orders'],
  ],
  [
    'dynamodb:BatchGetItem',
    () =>
      clients.dynamodb.send(
        new dynamodb.BatchGetItemCommand({ RequestItems: { orders: { Keys: [key] }, people: { Keys: [key] } } }),
      ),
    ['orders', 'people'],
  ],
  [
    'dynamodb:TransactWriteItems',
    () =>
      clients.dynamodb.send(
        new dynamodb.TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName: 'orders', Item: key } }, { Delete: { TableName: 'people', Key: key } }],
        }),
      ),
    ['orders', 'people'],
  ],
  ['iam:CreateAccessKey', () => clients.iam.send(new iam.CreateAccessKeyCommand({ UserName: 'bob' })), ['bob']],
  [
    'iam:AttachRolePolicy',
    () =>
      clients.iam.send(
        new iam.AttachRolePolicyCommand({ RoleName: 'r', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
      ),
    ['r', 'arn:aws:iam::aws:policy/AdministratorAccess'],
  ],
  [
    'iam:CreateLoginProfile',
    () => clients.iam.send(new iam.CreateLoginProfileCommand({ UserName: 'bob', Password: 'hunter2' })),
    ['bob'],
  ],
  [
    'ssm:GetParameter',
    () => clients.ssm.send(new ssm.GetParameterCommand({ Name: '/prod/db', WithDecryption: true })),
    ['/prod/db'],
  ],
  [
    'ssm:PutParameter',
    () => clients.ssm.send(new ssm.PutParameterCommand({ Name: '/prod/db', Value: 'hunter2', Type: 'SecureString' })),
    ['/prod/db'],
  ],
  ['ssm:StartSession', () => clients.ssm.send(new ssm.StartSessionCommand({ Target: 'i-1' })), ['i-1']],
];

describe('requests of the AWS SDK', () => {
  it.each(rows)('are %s', async (expected, send, named, wanted) => {
    const { call, place, scope, resources, wanted: asked } = understood(await captured(send));
    expect(call.name).toBe(expected);
    expect(call.possible).toEqual([expected]);
    expect(resources).toEqual({ named, whole: true });
    expect(place?.known).toBe(true);
    expect(place && disagreement(place, scope)).toBeUndefined();
    if (wanted) expect(asked).toBe(wanted);
  });

  it('are the same by path style', async () => {
    const client = new s3.S3Client({ ...capturing, forcePathStyle: true });
    const { call, resources } = understood(await captured(() => client.send(new s3.GetObjectCommand(object))));
    expect([call.name, resources.named]).toEqual(['s3:GetObject', [name]]);
  });

  it('are the same without a host that says anything, as behind an endpoint URL', async () => {
    const client = new s3.S3Client({ ...capturing, forcePathStyle: true, endpoint: 'https://gateway.example.com' });
    const { call, place, resources } = understood(
      await captured(() => client.send(new s3.DeleteObjectCommand(object))),
    );
    expect(place).toBeUndefined();
    expect([call.name, resources.named]).toEqual(['s3:DeleteObject', [name]]);
  });

  it('know a directory bucket by its host', async () => {
    const directory = { Bucket: 'x--use1-az4--x-s3', Key: 'k' };
    const client = new s3.S3Client({ ...capturing, region: 'us-east-1', disableS3ExpressSessionAuth: true });
    const { call, place, scope } = understood(await captured(() => client.send(new s3.GetObjectCommand(directory))));
    expect([call.name, place?.bucket, place?.signing]).toEqual(['s3:GetObject', 'x--use1-az4--x-s3', ['s3express']]);
    expect(place && disagreement(place, { ...scope, service: 's3express' })).toBeUndefined();
  });

  it('know which buckets are listed only by what is signed', async () => {
    const { host, request, scope, body } = await captured(() => clients.s3.send(new s3.ListBucketsCommand({})));
    const express = { host, request, scope: { ...scope, service: 's3express' }, body };
    expect(understood(express).call.name).toBe('s3:ListDirectoryBuckets');
  });
});

describe('what is kept of the parameters', () => {
  const kept = async (send: () => Promise<unknown>) => JSON.stringify(understood(await captured(send)).kept);

  it('is what they say, in the form of the wire', async () => {
    expect(
      understood(
        await captured(() =>
          clients.ec2.send(
            new ec2.DescribeInstancesCommand({ Filters: [{ Name: 'tag:a', Values: ['b', 'c'] }], MaxResults: 5 }),
          ),
        ),
      ).kept,
    ).toMatchObject({
      cut: false,
      values: { Filter: [{ Name: 'tag:a', Value: ['b', 'c'] }], MaxResults: '5' },
    });
    expect(
      understood(
        await captured(() => clients.dynamodb.send(new dynamodb.GetItemCommand({ TableName: 'orders', Key: key }))),
      ).kept,
    ).toEqual({ cut: false, values: { TableName: 'orders', Key: { id: { S: '1' } } } });
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'a password by the model',
      () => clients.iam.send(new iam.CreateLoginProfileCommand({ UserName: 'bob', Password: 'hunter2' })),
    ],
    [
      'a value by the model',
      () => clients.ssm.send(new ssm.PutParameterCommand({ Name: 'n', Value: 'hunter2', Type: 'SecureString' })),
    ],
    [
      'parameters of a command',
      () => clients.ssm.send(new ssm.SendCommandCommand({ DocumentName: 'd', Parameters: { commands: ['hunter2'] } })),
    ],
    [
      'the data of a machine',
      () => clients.ec2.send(new ec2.RunInstancesCommand({ MinCount: 1, MaxCount: 1, UserData: 'hunter2' })),
    ],
    [
      'what lies below a secret name',
      () =>
        clients.dynamodb.send(new dynamodb.PutItemCommand({ TableName: 't', Item: { password: { S: 'hunter2' } } })),
    ],
    [
      'a key of the customer in a header',
      () =>
        clients.s3.send(
          new s3.GetObjectCommand({
            ...object,
            SSECustomerAlgorithm: 'AES256',
            SSECustomerKey: Buffer.alloc(32, 'hunter2').toString('latin1'),
          }),
        ),
    ],
    [
      'a tag whose name says it',
      () =>
        clients.ec2.send(
          new ec2.CreateTagsCommand({ Resources: ['i-1'], Tags: [{ Key: 'db_password', Value: 'hunter2' }] }),
        ),
    ],
    ['content', () => clients.s3.send(new s3.PutObjectCommand({ ...object, Body: 'hunter2' }))],
  ])('holds nothing of %s', async (_, send) => {
    expect(await kept(send)).not.toMatch(/hunter2|aHVudGVy/);
  });

  it('is read through the compression that clients use', async () => {
    const sent = await captured(() => clients.sts.send(new sts.GetFederationTokenCommand({ Name: 'bob' })));
    const packed = { ...sent.request, headers: [...sent.request.headers, ['Content-Encoding', 'gzip'] as const] };
    const { call, kept: parameters } = understood({ ...sent, request: packed, body: gzipSync(sent.body) });
    expect(call.name).toBe('sts:GetFederationToken');
    expect(parameters.values).toMatchObject({ Name: 'bob' });
  });
});

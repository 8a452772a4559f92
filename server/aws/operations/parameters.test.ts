import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { raw, scopeOf } from '../testing/requests.ts';
import { commandOf } from './command.ts';
import { givesCredentials, mayGiveCredentials } from './credentials.ts';
import { maxKeptCharacters } from './limits.ts';
import { nameOperation } from './name-operation.ts';
import { keepParameters, readCall } from './parameters.ts';
import { isSecretName } from './redaction.ts';
import { lazyOperations } from './table.ts';

// What a log keeps of a call says what was done, and holds no secret: by the model, by a name that tells, by a value that tells. It has a
// bound, and says when there was more.
const operations = await lazyOperations(join(import.meta.dirname, '..', '..', '..'))();
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = (target: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target });

function kept(service: string, request: ReturnType<typeof raw>, body: string) {
  const bytes = Buffer.from(body);
  const call = nameOperation(operations, { request, scope: scopeOf(service), body: bytes });
  return { call, ...keepParameters(call, readCall(call, request, bytes)) };
}
const ofJson = (service: string, target: string, values: unknown) =>
  kept(service, raw('POST', '/', json(target)), JSON.stringify(values)).values;
const ofForm = (service: string, body: string) => kept(service, raw('POST', '/', form), body).values;

describe('a secret', () => {
  it('is left out by the names that secrets have', () => {
    expect(
      ofJson('secretsmanager', 'secretsmanager.CreateSecret', {
        Name: 'db',
        SecretString: 'hunter2',
        ClientRequestToken: 't',
      }),
    ).toEqual({ Name: 'db', SecretString: '[redacted]', ClientRequestToken: 't' });
    expect(ofForm('rds', 'Action=CreateDBInstance&DBInstanceIdentifier=d&MasterUserPassword=hunter2')).toEqual({
      DBInstanceIdentifier: 'd',
      MasterUserPassword: '[redacted]',
    });
    expect(ofJson('kms', 'TrentService.Encrypt', { KeyId: 'alias/a', Plaintext: 'aHVudGVyMg==' })).toEqual({
      KeyId: 'alias/a',
      Plaintext: '[redacted]',
    });
    expect(
      ofJson('ecs', 'AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition', {
        family: 'web',
        containerDefinitions: [{ name: 'c', environment: [{ name: 'MODE', value: 'hunter2' }] }],
      }),
    ).toEqual({ family: 'web', containerDefinitions: [{ name: 'c', environment: '[redacted]' }] });
  });

  it('is left out where its name is the value of another member', () => {
    const body =
      'Action=CreateStack&StackName=s&Parameters.member.1.ParameterKey=DBPassword&Parameters.member.1.ParameterValue=hunter2' +
      '&Parameters.member.2.ParameterKey=Size&Parameters.member.2.ParameterValue=3';
    expect(ofForm('cloudformation', body)).toEqual({
      StackName: 's',
      Parameters: [
        { ParameterKey: 'DBPassword', ParameterValue: '[redacted]' },
        { ParameterKey: 'Size', ParameterValue: '3' },
      ],
    });
  });

  it('is left out by what it is', () => {
    const values = ofJson('dynamodb', 'DynamoDB_20120810.PutItem', {
      TableName: 't',
      Item: {
        pem: { S: 'x -----BEGIN RSA PRIVATE KEY-----\nhunter2' },
        link: { S: 'https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=hunter2' },
      },
    });
    expect(values).toEqual({ TableName: 't', Item: { pem: { S: '[redacted]' }, link: { S: '[redacted]' } } });
  });

  it('is left out in any case of its name, in path, query and header too', () => {
    expect(
      JSON.stringify(ofJson('secretsmanager', 'secretsmanager.CreateSecret', { SECRETSTRING: 'hunter2' })),
    ).not.toContain('hunter2');
    const request = raw('PUT', '/b/k?apiKey=hunter2', { 'x-amz-server-side-encryption-customer-key': 'hunter2' });
    expect(JSON.stringify(kept('s3', request, '').values)).not.toContain('hunter2');
  });

  it.each([
    'MasterUserPassword',
    'clientSecret',
    'AuthToken',
    'GitHubToken',
    'oauthToken',
    'apiKey',
    'api_key',
    'DbPwd',
    'PrivateKey',
    'Passphrase',
    'SecretAccessKey',
    'SessionToken',
    'PreSignedUrl',
    'aws_credentials',
    'x-amz-security-token',
  ])('may be in %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'NextToken',
    'ClientToken',
    'clientRequestToken',
    'ContinuationToken',
    'IdempotencyToken',
    'SecretId',
    'SecretArn',
    'CredentialsArn',
    'AccessKeyId',
    'TokenType',
    'PasswordPolicy',
    'MinimumPasswordLength',
    'KeyName',
    'TableName',
    'SecretList',
  ])('is not in %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  it('is not a switch', () => {
    expect(ofForm('iam', 'Action=CreateLoginProfile&UserName=u&PasswordResetRequired=true')).toEqual({
      UserName: 'u',
      PasswordResetRequired: 'true',
    });
  });
});

describe('what is kept', () => {
  it('says path, query, headers and body under their names, and nothing of the transport', () => {
    const request = raw('PUT', '/2015-03-31/functions/f/code?Qualifier=1', {
      'X-Amz-Date': '20261120T000000Z',
      'x-amz-content-sha256': 'abc',
      'x-amz-security-token': 'hunter2',
      'x-amz-client-context': 'c',
      authorization: 'hunter2',
    });
    expect(kept('lambda', request, '{"S3Bucket":"b","Publish":true,"ZipFile":"aHVudGVyMg=="}')).toMatchObject({
      cut: false,
      values: {
        FunctionName: 'f',
        Qualifier: '1',
        'x-amz-client-context': 'c',
        S3Bucket: 'b',
        Publish: true,
        ZipFile: '[redacted]',
      },
    });
  });

  it('has a bound, and says that there was more', () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`k${index}`, 'x'.repeat(100)]));
    const { values, cut } = kept(
      'dynamodb',
      raw('POST', '/', json('DynamoDB_20120810.PutItem')),
      JSON.stringify({ TableName: 't', Item: many }),
    );
    expect(cut).toBe(true);
    expect(JSON.stringify(values).length).toBeLessThan(maxKeptCharacters * 1.5);
    const long = kept(
      'sqs',
      raw('POST', '/', json('AmazonSQS.SendMessage')),
      JSON.stringify({ MessageBody: 'x'.repeat(5000) }),
    );
    expect([long.cut, String(long.values.MessageBody).length]).toEqual([true, 2049]);
  });

  it('is nothing of a call without a name', () => {
    expect(kept('ec2', raw('POST', '/', form), 'Action=InventUniverse&Password=hunter2')).toMatchObject({
      values: {},
      cut: true,
    });
  });

  it('is nothing of a body that cannot be read, and says so', () => {
    expect(kept('dynamodb', raw('POST', '/', json('DynamoDB_20120810.GetItem')), '{"a":')).toMatchObject({
      values: {},
      cut: true,
    });
  });
});

describe('an answer with credentials', () => {
  it('is known by the name of its operation, whatever its case', () => {
    expect(givesCredentials('sts:AssumeRole')).toBe('keys');
    expect(givesCredentials('STS:assumerole')).toBe('keys');
    expect(givesCredentials('ecr:GetAuthorizationToken')).toBe('token');
    expect(givesCredentials('secretsmanager:GetSecretValue')).toBe('secret');
    expect(givesCredentials('sts:GetCallerIdentity')).toBeUndefined();
  });

  it('is suspected of all that an unclear request could be, and of new operations where credentials are the purpose', () => {
    const call = (service: string, request: ReturnType<typeof raw>) =>
      nameOperation(operations, { request, scope: scopeOf(service) });
    expect(mayGiveCredentials(call('s3', raw('GET', '/b?session&acl')))).toBe('keys');
    expect(mayGiveCredentials(call('sts', raw('GET', '/?Action=GetShinyNewThing')))).toBe('keys');
    expect(mayGiveCredentials(call('sts', raw('GET', '/?Action=GetCallerIdentity')))).toBeUndefined();
    expect(mayGiveCredentials(call('s3', raw('GET', '/b?shiny')))).toBeUndefined();
    expect(mayGiveCredentials(call('ec2', raw('GET', '/?Action=DescribeInstances&Action=GetPasswordData')))).toBe(
      'secret',
    );
  });
});

describe('the command of the CLI', () => {
  it.each([
    ['aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 os/linux md/command#ec2.describe-instances cfg/x', 'ec2 describe-instances'],
    ['aws-cli/2.9.19 Python/3.11 exe/x86_64 prompt/off command/s3.ls', 's3 ls'],
    ['aws-cli/2.31.0 md/command#ec2.wait.instance-running', 'ec2 wait instance-running'],
    ['aws-sdk-js/3.1162.0 ua/2.1', undefined],
    ['md/command#<script>', undefined],
  ])('is in %s', (agent, command) => {
    expect(commandOf(raw('POST', '/', { 'User-Agent': agent }))).toBe(command);
  });
});

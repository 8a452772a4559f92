import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { raw, scopeOf } from '../testing/requests.ts';
import { bodyWanted, nameOperation, type Question } from './name-operation.ts';
import { keepParameters, readCall } from './parameters.ts';
import { unpacked } from './read-body.ts';
import { resourcesOf } from './resources.ts';
import { lazyOperations } from './table.ts';

// Policies decide by the name, so a request that AWS reads as one operation must never be named as another. Whoever writes requests
// by hand can name two operations in one, hide one behind escapes, or repeat what may come once: then there is no name, and
// `possible` has everything that it could be, so that what denies one of them denies the request.
const operations = await lazyOperations(join(import.meta.dirname, '..', '..', '..'))();
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/x-amz-json-1.0' };

const ask = (service: string, request: Question['request'], more: Partial<Question> = {}) =>
  nameOperation(operations, { request, scope: scopeOf(service), ...more });
const asForm = (service: string, text: string, headers: Record<string, string | string[]> = form, target = '/') =>
  ask(service, raw('POST', target, headers), { body: Buffer.from(text) });
const s3 = (method: string, target: string, headers: Record<string, string | string[]> = {}, bucket?: string) =>
  ask('s3', raw(method, target, headers), { place: { endpoint: 's3', ...(bucket !== undefined && { bucket }) } });

describe('a call by form', () => {
  it('has its name wherever the action stands, in the query too', () => {
    expect(asForm('ec2', 'Action=DescribeInstances&Version=1').name).toBe('ec2:DescribeInstances');
    expect(asForm('ec2', `Pad=${'x'.repeat(200_000)}&Action=DescribeInstances`).name).toBe('ec2:DescribeInstances');
    expect(ask('ec2', raw('GET', '/?Version=1&Action=DescribeInstances')).name).toBe('ec2:DescribeInstances');
    expect(asForm('sqs', 'Action=SendMessage', form, '/123456789012/orders').name).toBe('sqs:SendMessage');
  });

  it.each<[string, string, string?, typeof form?]>([
    ['twice in the body', 'Action=DescribeInstances&Action=TerminateInstances'],
    ['twice, far apart', `Action=DescribeInstances&P=${'x'.repeat(100_000)}&Action=TerminateInstances`],
    ['in query and body', 'Action=TerminateInstances', '/?Action=DescribeInstances'],
    ['with its key escaped', 'Action=DescribeInstances&%41%63tion=TerminateInstances'],
    ['with blanks around its key', 'Action=DescribeInstances&+Action+=TerminateInstances'],
    ['in another case', 'Action=DescribeInstances&ACTION=TerminateInstances'],
    ['behind a semicolon', 'Action=DescribeInstances;Action=TerminateInstances'],
    ['with its value escaped', 'Action=DescribeInstances&Action=%54erminateInstances'],
  ])('has none when it is named %s', (_, body, target = '/') => {
    const call = asForm('ec2', body, form, target);
    expect(call).toMatchObject({ name: 'ec2:?', unsure: 'ambiguous' });
    expect(call.possible).toEqual(expect.arrayContaining(['ec2:DescribeInstances', 'ec2:TerminateInstances']));
    expect(call.operation).toBeUndefined();
  });

  it('has none when a header or a path of another protocol names another', () => {
    const target = { ...form, 'x-amz-target': 'AmazonSQS.ListQueues' };
    expect(asForm('sqs', 'Action=DeleteQueue', target).name).toBe('sqs:?');
    expect(asForm('sqs', 'Action=DeleteQueue', { 'x-amz-target': 'AmazonSQS.ListQueues' }).name).toBe('sqs:?');
    expect(asForm('monitoring', 'Action=DeleteAlarms', form, '/service/X/operation/ListMetrics').name).toBe(
      'cloudwatch:?',
    );
  });

  it('is not looked for in what is JSON', () => {
    const call = asForm('sqs', '{"MessageBody":"&Action=DeleteQueue"}', {
      ...json,
      'x-amz-target': 'AmazonSQS.SendMessage',
    });
    expect(call.name).toBe('sqs:SendMessage');
  });

  it.each(['Action=%zz', 'Action=%ff'])('has none when %s cannot be read', (body) => {
    expect(asForm('ec2', body)).toMatchObject({ name: 'ec2:?', unsure: 'unreadable' });
  });

  it('keeps the name it gives itself when the models do not know it, so that a policy can deny it', () => {
    expect(asForm('ec2', 'Action=InventUniverse')).toMatchObject({
      name: 'ec2:?',
      unsure: 'unknown_operation',
      possible: ['ec2:InventUniverse'],
    });
    expect(asForm('ec2', 'Action=<script>').possible).toEqual([]);
    expect(asForm('ec2', 'Version=1')).toMatchObject({ name: 'ec2:?', unsure: 'unknown_operation', possible: [] });
  });

  it('is named through compression within bounds, and not beyond', () => {
    const packed = raw('POST', '/', { ...form, 'content-encoding': 'gzip' });
    const read = (body: Buffer) => unpacked(packed, body);
    expect(read(gzipSync('Action=PutMetricData'))?.toString()).toBe('Action=PutMetricData');
    expect(read(gzipSync(Buffer.alloc(64 * 1024 * 1024)))).toBeUndefined();
    expect(read(Buffer.from('no gzip'))).toBeUndefined();
    expect(unpacked(raw('POST', '/', { 'content-encoding': 'br' }), Buffer.from('x'))).toBeUndefined();
    expect(unpacked(raw('POST', '/', { 'content-encoding': 'gzip, gzip' }), gzipSync('x'))).toBeUndefined();
  });
});

describe('a call by header', () => {
  it('has the name after the last dot, whatever the prefix', () => {
    expect(ask('dynamodb', raw('POST', '/', { ...json, 'X-Amz-Target': 'DynamoDB_20120810.GetItem' })).name).toBe(
      'dynamodb:GetItem',
    );
    expect(ask('dynamodb', raw('POST', '/', { ...json, 'x-amz-target': 'X.DeleteTable' })).name).toBe(
      'dynamodb:DeleteTable',
    );
  });

  it('has none when the header comes twice with two names', () => {
    const twice = raw('POST', '/', {
      ...json,
      'x-amz-target': ['DynamoDB_20120810.GetItem', 'DynamoDB_20120810.DeleteTable'],
    });
    expect(ask('dynamodb', twice)).toMatchObject({ name: 'dynamodb:?', unsure: 'ambiguous' });
  });

  it('has none when one is known and another is not', () => {
    const strange = raw('POST', '/?Action=InventUniverse', { ...json, 'x-amz-target': 'DynamoDB_20120810.GetItem' });
    expect(ask('dynamodb', strange).possible).toEqual(['dynamodb:GetItem', 'dynamodb:InventUniverse']);
  });
});

describe('a call by path', () => {
  const lambda = (method: string, target: string) =>
    ask('lambda', raw(method, target), { place: { endpoint: 'lambda' } });

  it('has its name with and without the slash at the end, and through escapes', () => {
    for (const target of [
      '/2015-03-31/functions',
      '/2015-03-31/functions/',
      '/2015-03-31/%66unctions',
      '//2015-03-31/./functions/',
    ])
      expect(lambda('GET', target).name).toBe('lambda:ListFunctions');
    expect(lambda('POST', '/2015-03-31/functions/a/invocations').name).toBe('lambda:Invoke');
  });

  it('takes an ARN as one segment, escaped as clients do', () => {
    const call = lambda('GET', '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Afn');
    expect(call).toMatchObject({
      name: 'lambda:GetFunction',
      variables: { FunctionName: 'arn:aws:lambda:eu-west-1:123456789012:function:fn' },
    });
  });

  it.each([
    ['an escaped slash', 'DELETE', '/2015-03-31/functions/fn%2Fconcurrency'],
    ['dots', 'POST', '/2015-03-31/functions/fn/../fn/invocations'],
    ['escaped dots', 'POST', '/2015-03-31/functions/fn/%2e%2e/fn/invocations'],
  ])('is not hidden by %s', (_, method, target) => {
    const call = lambda(method, target);
    expect([call.name, ...call.possible].some((name) => /Invoke$|DeleteFunction/.test(name))).toBe(true);
  });

  it('is ambiguous where an escaped slash makes it another operation', () => {
    // One reading deletes the function called `fn/url`, the other the URL of the function `fn`.
    const call = lambda('DELETE', '/2021-10-31/functions/fn%2Furl');
    expect(call.possible).toContain('lambda:DeleteFunctionUrlConfig');
    expect(ask('glacier', raw('DELETE', '/-/vaults/v%2Farchives%2Fa')).possible).toEqual(
      expect.arrayContaining(['glacier:DeleteVault', 'glacier:DeleteArchive']),
    );
    expect(ask('glacier', raw('DELETE', '/-/vaults/v%2Farchives%2Fa')).unsure).toBe('ambiguous');
  });

  it('has none for what is broken, unknown, or of another method', () => {
    expect(lambda('GET', '/%zz').unsure).toBe('unreadable');
    expect(lambda('GET', '/2015-03-31/functions?x=%zz').unsure).toBe('unreadable');
    expect(lambda('GET', '/2099-01-01/wonders')).toMatchObject({ name: 'lambda:?', unsure: 'unknown_operation' });
    expect(lambda('PATCH', '/2015-03-31/functions').name).toBe('lambda:?');
  });
});

describe('a call to S3', () => {
  it('has its name by what is asked of the bucket or the object', () => {
    expect(s3('GET', '/').name).toBe('s3:ListBuckets');
    expect(s3('GET', '/b').name).toBe('s3:ListObjects');
    expect(s3('GET', '/', {}, 'b').name).toBe('s3:ListObjects');
    expect(s3('GET', '/b/?list-type=2').name).toBe('s3:ListObjectsV2');
    expect(s3('GET', '/k?acl', {}, 'b').name).toBe('s3:GetObjectAcl');
    expect(s3('PUT', '/b/k', { 'X-Amz-Copy-Source': 'c/d' }).name).toBe('s3:CopyObject');
    expect(s3('GET', '/b/dir//x/../big.bin')).toMatchObject({
      name: 's3:GetObject',
      variables: { Key: 'dir//x/../big.bin' },
    });
    expect(s3('GET', '/b/a%2Fb%20c')).toMatchObject({ name: 's3:GetObject', variables: { Key: 'a/b c' } });
  });

  it.each<[string, string, string, Record<string, string>?]>([
    ['two subresources', 'GET', '/b/k?acl&tagging'],
    ['a subresource and an upload', 'PUT', '/b/k?acl&partNumber=1&uploadId=u'],
    ['a subresource and a copy', 'PUT', '/b/k?tagging', { 'x-amz-copy-source': 'c/d' }],
    ['two uploads', 'POST', '/b/k?uploads&uploadId=u'],
    ['a subresource newer than the models', 'PUT', '/b/k?renameObject'],
    ['a subresource in other letters', 'DELETE', '/b?POLICY'],
    ['an escaped subresource beside another', 'GET', '/b?%61cl&policy'],
    ['a session beside something', 'GET', '/b?session&acl'],
    ['a bucket that is a path', 'GET', '/b%2Fk'],
    ['a bucket of dots', 'GET', '/../b/k'],
    ['a key that leaves its bucket', 'GET', '/b/../c/k'],
    ['the same, escaped', 'GET', '/b/%2e%2e/c/k'],
    ['no bucket but a key', 'GET', '//k'],
    ['a form of a browser', 'POST', '/b'],
  ])('has no name with %s', (_, method, target, headers = {}) => {
    const call = s3(method, target, headers);
    expect(call.name).toBe('s3:?');
    expect(call.operation).toBeUndefined();
  });

  it('tells all that it could be', () => {
    expect(s3('GET', '/b?session&acl').possible).toEqual(['s3:CreateSession', 's3:GetBucketAcl']);
    expect(s3('PUT', '/b/k?renameObject').possible).toEqual(['s3:PutObject']);
  });

  it('ignores what the SDK says of itself', () => {
    expect(s3('PUT', '/b/k?x-id=GetObject').name).toBe('s3:PutObject');
    expect(s3('GET', '/b/k', { 'x-amz-target': 'X.PutObject' }).name).toBe('s3:GetObject');
  });

  it('is S3 by every name that it is signed with', () => {
    for (const service of ['s3', 's3express', 's3-object-lambda', 's3-outposts', 'S3'])
      expect(ask(service, raw('DELETE', '/b/k'), { place: { endpoint: 's3' } }).name).toBe('s3:DeleteObject');
  });

  it('is not taken for its control plane, which has its own hosts', () => {
    const target = '/v20180820/accesspoint/reports';
    const control = raw('DELETE', target, { 'x-amz-account-id': '123456789012' });
    expect(ask('s3', control, { place: { endpoint: 's3-control' } }).name).toBe('s3:DeleteAccessPoint');
    expect(s3('DELETE', target)).toMatchObject({ name: 's3:DeleteObject', variables: { Bucket: 'v20180820' } });
    expect(ask('s3', raw('DELETE', target)).name).toBe('s3:DeleteObject');
  });
});

describe('a service', () => {
  it('that no model knows is unknown, by the name that is signed', () => {
    expect(ask('novelty', raw('POST', '/', { 'x-amz-target': 'N.Do' }))).toMatchObject({
      name: 'novelty:?',
      unsure: 'unknown_service',
      protocol: 'json',
    });
    expect(ask('<b>*:', raw('GET', '/')).name).toBe('unknown:?');
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(ask(name, raw('GET', '/')).unsure).toBe('unknown_service');
  });

  it('is told in the protocol of its request', () => {
    const protocol = (service: string, request: Question['request']) => ask(service, request).protocol;
    expect(protocol('ec2', raw('POST', '/', form))).toBe('ec2');
    expect(protocol('iam', raw('POST', '/', form))).toBe('query');
    expect(protocol('sqs', raw('POST', '/', form))).toBe('query');
    expect(protocol('sqs', raw('POST', '/', { ...json, 'x-amz-target': 'AmazonSQS.X' }))).toBe('json');
    expect(protocol('monitoring', raw('POST', '/x', { 'smithy-protocol': 'rpc-v2-cbor' }))).toBe('cbor');
    expect(protocol('s3', raw('GET', '/b/k'))).toBe('s3');
    expect(protocol('route53', raw('GET', '/nothing'))).toBe('rest-xml');
    expect(protocol('lambda', raw('GET', '/nothing'))).toBe('rest-json');
    expect(protocol('novelty', raw('GET', '/nothing'))).toBe('rest-json');
  });
});

describe('the body', () => {
  const wanted = (service: string, request: Question['request'], place?: Question['place']) =>
    bodyWanted(operations, { request, scope: scopeOf(service), ...(place && { place }) });
  const some = { 'content-length': '5' };

  it('is wanted whole for a name, for what it says, or not at all', () => {
    expect(wanted('ec2', raw('POST', '/', { ...form, ...some }))).toBe('name');
    expect(wanted('ec2', raw('POST', '/', some))).toBe('name');
    expect(wanted('ec2', raw('GET', '/?Action=DescribeInstances'))).toBe('none');
    expect(wanted('ec2', raw('GET', '/?Action=DescribeInstances', some))).toBe('name');
    expect(
      wanted('dynamodb', raw('POST', '/', { ...json, ...some, 'x-amz-target': 'DynamoDB_20120810.GetItem' })),
    ).toBe('parameters');
    // Said to be JSON by its target, and a form by its type: then the form may be what counts.
    expect(wanted('sqs', raw('POST', '/', { ...form, ...some, 'x-amz-target': 'AmazonSQS.ListQueues' }))).toBe('name');
    expect(wanted('s3', raw('PUT', '/b/k', { ...some, 'content-type': 'application/json' }), { endpoint: 's3' })).toBe(
      'none',
    );
    expect(wanted('s3', raw('POST', '/b?delete', { 'transfer-encoding': 'chunked' }), { endpoint: 's3' })).toBe(
      'parameters',
    );
    expect(wanted('lambda', raw('POST', '/2015-03-31/functions/f/invocations', some))).toBe('none');
  });
});

describe('the resources', () => {
  const about = (
    service: string,
    request: Question['request'],
    body: string | undefined,
    hasBody = body !== undefined,
  ) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const call = ask(service, request, bytes ? { body: bytes } : {});
    return resourcesOf(call, readCall(call, request, bytes, hasBody));
  };
  const target = raw('POST', '/', { ...json, 'x-amz-target': 'DynamoDB_20120810.GetItem' });

  it('are not whole when a name comes twice, of which AWS may read either', () => {
    expect(about('dynamodb', target, '{"TableName":"a"}')).toEqual({ named: ['a'], whole: true });
    expect(about('dynamodb', target, '{"TableName":"a","TableName":"b"}').whole).toBe(false);
    expect(about('dynamodb', target, '{"TableName":"a","T\\u0061bleName":"b"}').whole).toBe(false);
    expect(
      about('ec2', raw('POST', '/', form), 'Action=TerminateInstances&InstanceId.1=i-1&InstanceId.1=i-2').whole,
    ).toBe(false);
  });

  it('are not whole when the body was not read, is broken, or chooses by a language of its own', () => {
    expect(about('dynamodb', target, undefined, true).whole).toBe(false);
    expect(about('dynamodb', target, '{"TableName":').whole).toBe(false);
    expect(about('dynamodb', target, `{"TableName":"a","x":"${'x'.repeat(2 * 1024 * 1024)}"}`).whole).toBe(false);
    const statement = raw('POST', '/', { ...json, 'x-amz-target': 'DynamoDB_20120810.ExecuteStatement' });
    expect(about('dynamodb', statement, '{"Statement":"SELECT * FROM secrets"}').whole).toBe(false);
    const command = raw('POST', '/', { ...json, 'x-amz-target': 'AmazonSSM.SendCommand' });
    expect(about('ssm', command, '{"DocumentName":"d","Targets":[{"Key":"tag:a"}]}').whole).toBe(false);
    expect(about('ec2', raw('POST', '/', form), 'Action=A&Action=B')).toEqual({ named: [], whole: false });
  });

  it('count what is said in two places as two', () => {
    const queue = raw('POST', '/?QueueUrl=https%3A%2F%2Fsqs%2F1%2Fb', form);
    expect(about('sqs', queue, 'Action=PurgeQueue&QueueUrl=https://sqs/1/a').named).toEqual([
      'https://sqs/1/b',
      'https://sqs/1/a',
    ]);
    const copied = raw('PUT', '/b/k', { 'x-amz-copy-source': ['c/d', 'e/f'] });
    expect(about('s3', copied, undefined).named).toEqual(['b/k', 'c/d', 'e/f']);
  });
});

describe('whatever a client sends', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('Action', '%', '%2F', '..', '/', '?', '&', '=', 'acl', '{', '['),
  );
  const some = fc.array(text, { maxLength: 12 }).map((parts) => parts.join(''));
  const services = fc.constantFrom(
    's3',
    'ec2',
    'sqs',
    'dynamodb',
    'ses',
    'lambda',
    'monitoring',
    'mediastore',
    'novelty',
  );

  it('is answered: nothing throws, a name is one that is possible, and what is kept has a bound', () => {
    fc.assert(
      fc.property(
        services,
        fc.constantFrom('GET', 'PUT', 'POST', 'x'),
        some,
        fc.array(fc.tuple(text, text)),
        some,
        (service, method, path, headers, body) => {
          const request = { method, target: `/${path}`, headers };
          const bytes = Buffer.from(body);
          const call = ask(service, request, { body: bytes });
          bodyWanted(operations, { request, scope: scopeOf(service) });
          const said = readCall(call, request, bytes);
          resourcesOf(call, said);
          expect(JSON.stringify(keepParameters(call, said)).length).toBeLessThan(300_000);
          if (call.operation !== undefined) expect(call.possible).toEqual([call.name]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

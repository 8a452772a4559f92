import { Readable } from 'node:stream';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { CallProtocol } from '../operations/name-operation.ts';
import { readCbor } from '../operations/read-cbor.ts';
import { insideOf, readXml } from '../operations/read-xml.ts';
import { capturing } from '../testing/captured-requests.ts';
import { type ErrorAnswer, errorAnswer, newRequestId, type Told } from './answer.ts';
import { type CallRefusal, callRefusal } from './call-refusals.ts';
import { type HostRefusal, hostRefusal } from './host-refusals.ts';
import { signatureRefusal } from './signature-refusals.ts';

// A person who is refused sees the sentence in their own tool, with the identifier that finds the row of the audit log; and the tool does
// not try again what was decided. The clients that read the answers here are the real ones.
const told: Told = {
  status: 403,
  codes: { xml: 'AccessDenied', json: 'AccessDeniedException', ec2: 'UnauthorizedOperation' },
  message: 'Not "this" <table> & not now.',
};
const protocols: CallProtocol[] = ['query', 'ec2', 'json', 'cbor', 'rest-json', 'rest-xml', 's3'];

/** A client that gets this answer to whatever it asks, and how often it asked. */
function answering(answer: ErrorAnswer) {
  const asked = { times: 0 };
  const requestHandler = {
    async handle() {
      asked.times += 1;
      const { status: statusCode, headers, body } = answer;
      return { response: { statusCode, headers: { ...headers }, body: Readable.from([body]) } };
    },
  };
  return { asked, settings: { ...capturing, maxAttempts: 3, requestHandler } };
}

describe('a decision', () => {
  type Settings = ReturnType<typeof answering>['settings'];
  it.each<[CallProtocol, string, (settings: Settings) => Promise<unknown>]>([
    ['query', 'AccessDenied', (settings) => new STSClient(settings).send(new GetCallerIdentityCommand({}))],
    ['query', 'AccessDenied', (settings) => new IAMClient(settings).send(new GetUserCommand({}))],
    ['ec2', 'UnauthorizedOperation', (settings) => new EC2Client(settings).send(new DescribeInstancesCommand({}))],
    ['json', 'AccessDeniedException', (settings) => new DynamoDBClient(settings).send(new ListTablesCommand({}))],
    [
      'json',
      'AccessDeniedException',
      (settings) => new SSMClient(settings).send(new GetParameterCommand({ Name: 'n' })),
    ],
    ['s3', 'AccessDenied', (settings) => new S3Client(settings).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))],
  ])('is read by a client of %s as %s, once', async (protocol, name, send) => {
    const requestId = newRequestId();
    const { asked, settings } = answering(errorAnswer({ protocol, method: 'POST' }, told, requestId));
    const error = await send(settings).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, message: told.message, $metadata: { httpStatusCode: 403, requestId } });
    expect(asked.times).toBe(1);
  });

  it('has no body to HEAD', async () => {
    for (const protocol of protocols) {
      const { body, headers } = errorAnswer({ protocol, method: 'HEAD' }, told, 'r');
      expect(body).toHaveLength(0);
      expect(headers).toEqual(expect.not.objectContaining({ 'content-type': expect.anything() }));
    }
    const { asked, settings } = answering(errorAnswer({ protocol: 's3', method: 'HEAD' }, told, 'r'));
    const error = await new S3Client(settings)
      .send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 403, requestId: 'r' } });
    expect(asked.times).toBe(1);
  });

  it('is CBOR to who asks in CBOR', () => {
    const { body, headers } = errorAnswer({ protocol: 'cbor', method: 'POST' }, told, 'r');
    expect(headers).toMatchObject({
      'smithy-protocol': 'rpc-v2-cbor',
      'content-type': 'application/cbor',
      'x-amzn-requestid': 'r',
    });
    expect({ ...(readCbor(body)?.tree as object) }).toEqual({ __type: 'AccessDeniedException', message: told.message });
  });

  it('is JSON of the kind that was asked in', () => {
    const type = (protocol: CallProtocol, contentType?: string) =>
      errorAnswer({ protocol, method: 'POST', ...(contentType && { contentType }) }, told, 'r').headers['content-type'];
    expect(type('json')).toBe('application/x-amz-json-1.1');
    expect(type('json', 'application/x-amz-json-1.0')).toBe('application/x-amz-json-1.0');
    expect(type('json', 'text/html\r\nx: y')).toBe('application/x-amz-json-1.1');
    expect(type('rest-json')).toBe('application/json');
    const { headers, body } = errorAnswer({ protocol: 'rest-json', method: 'GET' }, told, 'r');
    expect(headers['x-amzn-errortype']).toBe('AccessDeniedException');
    expect(JSON.parse(body.toString())).toMatchObject({ message: told.message });
  });

  it('is XML that can be read, whatever a client wrote into it', () => {
    const hostile = { ...told, message: ']]><Code>Ok</Code>&#0;\u0000\u0008\ud800 \u{1f512}' };
    for (const protocol of ['query', 'ec2', 's3', 'rest-xml'] as const) {
      const text = errorAnswer({ protocol, method: 'GET' }, hostile, 'r').body.toString();
      expect(readXml(text)).toBeDefined();
      expect(text.match(/<Code>/g)).toHaveLength(1);
      expect(text).toContain('\u{1f512}');
    }
    const { body } = errorAnswer({ protocol: 'query', method: 'GET' }, told, 'id-1');
    expect(JSON.parse(JSON.stringify(insideOf(readXml(body.toString())?.tree ?? null)))).toEqual({
      Error: { Type: 'Sender', Code: 'AccessDenied', Message: told.message },
      RequestId: 'id-1',
    });
  });
});

describe('the sentences', () => {
  const decisions: CallRefusal[] = [
    { reason: 'record_none', record: 'prod' },
    { reason: 'record_many', record: 'prod', count: 3 },
    { reason: 'outside_record', what: 'region', value: 'eu-west-1' },
    { reason: 'host_disagrees', what: 'service' },
    { reason: 'customer_host' },
    { reason: 'private_address' },
    { reason: 'endpoint_url', operation: 's3:GetJob' },
    { reason: 'operation_denied', operation: 'ec2:RunInstances' },
    { reason: 'resource_denied', operation: 's3:GetObject' },
    { reason: 'unnamed_operation', service: 's3' },
    { reason: 'gives_credentials', operation: 'sts:AssumeRole' },
    { reason: 'no_access' },
    { reason: 'access_ended' },
    { reason: 'needs_approval', link: 'https://portal/requests/1' },
    { reason: 'needs_mfa', link: 'https://portal/mfa' },
    { reason: 'replayed' },
    { reason: 'proxy_off' },
  ];
  // What clients of AWS try again by themselves: by status, or by code.
  const triedAgain =
    /Throttl|SlowDown|TooManyRequests|RequestLimitExceeded|RequestTimeout|ServiceUnavailable|Unavailable|InternalError|TransactionInProgress|PriorRequestNotComplete|BandwidthLimitExceeded/;

  it('of a decision are not tried again', () => {
    for (const refusal of decisions) {
      const { status, codes, message } = callRefusal(refusal);
      expect(status).toBe(403);
      expect(Object.values(codes).join(' ')).not.toMatch(triedAgain);
      expect(message).toMatch(/^\S.*\.$/);
    }
  });

  it('of what passes may be tried again', () => {
    for (const reason of ['too_many_calls', 'not_recorded', 'upstream_unreachable'] as const) {
      const { status, codes } = callRefusal({ reason });
      expect([429, 503]).toContain(status);
      for (const code of Object.values(codes)) expect(code).toMatch(triedAgain);
    }
  });

  it('name what they are about, and where to go', () => {
    expect(callRefusal({ reason: 'record_many', record: 'name:prod', count: 3 }).message).toBe(
      '3 records match "name:prod". Say more, or use the id of one.',
    );
    expect(callRefusal({ reason: 'needs_approval', link: 'https://portal/requests/1' }).message).toContain(
      'https://portal/requests/1',
    );
    expect(callRefusal({ reason: 'record_none', record: 'x'.repeat(5000) }).message.length).toBeLessThan(300);
  });

  it('of a signature are the ones of AWS where clients act on them', () => {
    expect(signatureRefusal('unsigned_headers').message).toBe(
      'There were headers present in the request which were not signed.',
    );
    expect(signatureRefusal('skewed')).toMatchObject({
      status: 403,
      codes: { xml: 'RequestTimeTooSkewed', json: 'InvalidSignatureException', ec2: 'RequestExpired' },
    });
    expect(signatureRefusal('signature').codes).toMatchObject({
      xml: 'SignatureDoesNotMatch',
      json: 'InvalidSignatureException',
    });
    expect(signatureRefusal('payload_hash').codes.s3).toBe('XAmzContentSHA256Mismatch');
    expect(signatureRefusal('body_too_large').status).toBe(413);
    expect(signatureRefusal('missing_authentication').message).toContain('NO_PROXY');
    expect(signatureRefusal('presigned').message).toContain('Presigned');
  });

  it('of a signature are not tried again but for what is full at the moment', () => {
    const refusals = [
      'malformed_authorization',
      'presigned',
      'both_forms',
      'signature',
      'skewed',
      'unsigned_headers',
      'chunk_signature',
      'incomplete_body',
      'body_too_large',
    ] as const;
    for (const refusal of refusals) {
      const { status, codes } = signatureRefusal(refusal);
      expect(status).toBeLessThan(500);
      expect(Object.values(codes).join(' ')).not.toMatch(triedAgain);
    }
    expect(signatureRefusal('bodies_too_large').status).toBe(503);
  });

  it('of a host say what to set', () => {
    const all: HostRefusal[] = [
      'absolute_form',
      'not_connect',
      'syntax',
      'address',
      'port',
      'not_aws',
      'names_disagree',
      'proxy_off',
      'too_many',
    ];
    for (const refusal of all) expect(hostRefusal(refusal).status).toBeGreaterThanOrEqual(400);
    expect(hostRefusal('absolute_form').message).toContain('HTTPS_PROXY');
    expect(hostRefusal('not_aws').message).toContain('NO_PROXY');
  });
});

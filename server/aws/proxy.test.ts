import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { call, caller, form, proxyWithAws } from './testing/calls.ts';
import { connectThrough, type ProxyWish, record, send, token, tunnelTo } from './testing/running-proxy.ts';
import { aws4, crt, sha256, smithy, type Unsigned } from './testing/signers.ts';

/*
 * The whole way of a call: CONNECT, TLS that we end, a signature of a token, the answer of AWS to a signature of the
 * record. Black box: a client that is not ours signs, and a server that is not ours looks at what arrives.
 */

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});
const proxyBefore = (wish?: ProxyWish) => proxyWithAws(running, wish);

describe('a call that is allowed', () => {
  test('arrives signed by the record, is noted before and after, and is answered as AWS answered', async () => {
    const { proxy, arrived } = await proxyBefore();
    const answer = await call(proxy, caller(), form);
    expect(answer).toMatchObject({ status: 200, body: 'hello' });
    expect(answer.headers['x-amzn-requestid']).toBe('of-aws');
    const [there] = arrived;
    expect(there?.body.toString()).toBe(form);
    expect(there?.headers.host).toBe('sts.eu-west-1.amazonaws.com');
    expect(there?.headers.authorization).toContain(`Credential=${record.accessKeyId}/`);
    const [question] = proxy.seen.questions;
    expect(question).toMatchObject({
      record: '7',
      partition: 'aws',
      isCustomerHost: false,
      operation: { name: 'sts:GetCallerIdentity', isKnown: true, changes: false },
      shown: { route: 'proxy', service: 'sts', operation: 'GetCallerIdentity', address: '127.0.0.1', isRepeat: false },
    });
    expect(proxy.seen.opened).toHaveLength(1);
    const [finished] = await proxy.finishedCalls(1);
    expect(finished).toMatchObject({
      callId: question?.shown.callId,
      status: 200,
      awsRequestId: 'of-aws',
      bytesIn: 5,
      bytesOut: form.length,
    });
    expect(finished?.problem).toBeUndefined();
    expect(proxy.room.taken).toBe(0);
  });
});

describe('S3 and JSON', () => {
  const put = (bodyHash: string, headers: Record<string, string>): Unsigned => ({
    method: 'PUT',
    target: '/dir//x/../big%20file.bin?x-id=PutObject',
    headers: { host: 'my-bucket.s3.eu-west-1.amazonaws.com', ...headers },
    region: 'eu-west-1',
    service: 's3',
    bodyHash,
    saysHash: true,
    at: new Date(),
  });

  test('a streamed body arrives as it was, under a path that nobody tidied', async () => {
    const { proxy, arrived } = await proxyBefore();
    const body = Buffer.alloc(3_000_000, 'x');
    const answer = await call(proxy, put(sha256(body), { 'content-length': String(body.length) }), body);
    expect(answer.status).toBe(200);
    expect(arrived[0]?.url).toBe('/dir//x/../big%20file.bin?x-id=PutObject');
    expect(arrived[0]?.body.equals(body)).toBe(true);
    expect(proxy.seen.questions[0]).toMatchObject({
      signedService: 's3',
      operation: { name: 's3:PutObject', changes: true, resources: { named: ['my-bucket/dir//x/../big file.bin'] } },
    });
    expect(proxy.room.taken).toBe(0);
  });

  test('a streamed body that is not the one that was signed never completes', async () => {
    const { proxy, arrived } = await proxyBefore();
    const body = Buffer.alloc(300_000, 'x');
    const answer = await call(proxy, put(sha256('other'), { 'content-length': String(body.length) }), body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('<Code>XAmzContentSHA256Mismatch</Code>');
    expect(arrived).toEqual([]);
    expect((await proxy.finishedCalls(1))[0]).toMatchObject({ problem: 'payload_hash', status: 400 });
  });

  test('a JSON call is named by its body’s parameters, which are noted without secrets', async () => {
    const { proxy } = await proxyBefore();
    const body = JSON.stringify({ Name: '/db/password', Value: 'hunter2', Type: 'SecureString' });
    const json: Unsigned = {
      ...caller(),
      headers: {
        host: 'ssm.eu-west-1.amazonaws.com',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.PutParameter',
        'content-length': String(Buffer.byteLength(body)),
      },
      service: 'ssm',
      bodyHash: sha256(body),
      saysHash: true,
    };
    expect((await call(proxy, json, body)).status).toBe(200);
    const [opened] = proxy.seen.opened;
    expect(opened?.shown).toMatchObject({ operation: 'PutParameter', resource: '/db/password' });
    expect(JSON.stringify([opened, proxy.seen.questions[0]?.shown])).not.toContain('hunter2');
    expect(JSON.stringify(opened?.shown)).not.toContain(token.secretAccessKey);
  });

  test('Expect: 100-continue is answered only once the call is allowed', async () => {
    const { proxy } = await proxyBefore();
    const signed = await crt(put(sha256('body'), { 'content-length': '4' }), token);
    const socket = await tunnelTo(proxy, 'my-bucket.s3.eu-west-1.amazonaws.com');
    const { request, answer } = send(socket, { ...signed, headers: [...signed.headers, ['Expect', '100-continue']] });
    request.flushHeaders();
    await once(request, 'continue');
    expect(proxy.seen.opened).toHaveLength(1);
    request.end('body');
    expect((await answer).status).toBe(200);
    socket.destroy();
  });

  test('and not at all where it is refused', async () => {
    const decide = () => ({ ok: false as const, refusal: { reason: 'no_access' as const } });
    const { proxy, arrived } = await proxyBefore({ decide });
    const signed = await crt(put(sha256('body'), { 'content-length': '4' }), token);
    const socket = await tunnelTo(proxy, 'my-bucket.s3.eu-west-1.amazonaws.com');
    const { request, answer } = send(socket, { ...signed, headers: [...signed.headers, ['Expect', '100-continue']] });
    let continued = false;
    request.once('continue', () => {
      continued = true;
    });
    request.flushHeaders();
    expect((await answer).status).toBe(403);
    expect(continued).toBe(false);
    expect(arrived).toEqual([]);
  });
});

describe('what is refused, and reaches nothing', () => {
  const refusals: [
    string,
    () => Promise<{ unsigned?: Partial<Unsigned>; key?: typeof token; body?: string }>,
    RegExp,
    string,
  ][] = [
    [
      'a token that is not there',
      async () => ({ key: { ...token, accessKeyId: 'OTHER#7' } }),
      /SignatureDoesNotMatch/,
      'signature',
    ],
    [
      'a secret that is not the token’s',
      async () => ({ key: { ...token, secretAccessKey: 'wrong' } }),
      /SignatureDoesNotMatch/,
      'signature',
    ],
    [
      'a body that was changed',
      async () => ({ body: form.replace('GetCaller', 'SetCaller') }),
      /SignatureDoesNotMatch/,
      'signature',
    ],
    [
      'a clock that is six minutes late',
      async () => ({ unsigned: { at: new Date(Date.now() - 360_000) } }),
      /RequestTimeTooSkewed/,
      'skewed',
    ],
    [
      'another service than the host’s',
      async () => ({ unsigned: { service: 'iam' } }),
      /AccessDenied/,
      'host_disagrees',
    ],
    [
      'another region than the host’s',
      async () => ({ unsigned: { region: 'us-east-1' } }),
      /AccessDenied/,
      'host_disagrees',
    ],
  ];
  test.each(refusals)('%s', async (_, change, text, reason) => {
    const { proxy, arrived } = await proxyBefore();
    const { unsigned, key, body } = await change();
    const answer = await call(proxy, caller(unsigned), body ?? form, key);
    expect(answer.status).toBe(403);
    expect(answer.body).toMatch(text);
    expect(Math.abs(Date.parse(answer.headers.date ?? '') - Date.now())).toBeLessThan(5_000);
    expect([arrived, proxy.resolved, proxy.seen.questions]).toEqual([[], [], []]);
    expect(proxy.refused).toMatchObject([{ reason, callId: answer.headers['x-amzn-requestid'], address: '127.0.0.1' }]);
    expect(JSON.stringify(proxy.refused)).not.toContain(token.secretAccessKey);
  });

  test('an unknown token and a bad signature are told the same, word by word', async () => {
    const { proxy } = await proxyBefore();
    const told = async (key: typeof token) => {
      const { body } = await call(proxy, caller(), form, key);
      return body.replace(/<RequestId>.*<\/RequestId>/, '');
    };
    expect(await told({ ...token, accessKeyId: 'OTHER#7' })).toBe(await told({ ...token, secretAccessKey: 'wrong' }));
  });

  test('a header of AWS that was added after signing', async () => {
    const { proxy, arrived } = await proxyBefore();
    const signed = await crt(caller(), token);
    const socket = await tunnelTo(proxy, 'sts.eu-west-1.amazonaws.com');
    const { request, answer } = send(socket, {
      ...signed,
      headers: [...signed.headers, ['x-amz-copy-source', 'other/key']],
    });
    request.end(form);
    expect((await answer).body).toContain('There were headers present in the request which were not signed');
    expect(arrived).toEqual([]);
  });

  test('a host that is not the one of the connection', async () => {
    const { proxy, arrived } = await proxyBefore();
    const signed = await crt(caller(), token);
    for (const host of [
      'iam.amazonaws.com',
      'sts.eu-west-1.amazonaws.com.evil.test',
      'sts.eu-west-1.amazonaws.com:8443',
    ]) {
      const socket = await tunnelTo(proxy, 'sts.eu-west-1.amazonaws.com');
      const headers = signed.headers.map(([name, value]) => [name, /^host$/i.test(name) ? host : value] as const);
      const { request, answer } = send(socket, { ...signed, headers });
      request.end(form);
      expect((await answer).status).toBe(421);
      socket.destroy();
    }
    expect([arrived, proxy.resolved, proxy.seen.questions]).toEqual([[], [], []]);
  });

  test('what the decision says no to, in the words of the decision', async () => {
    const sessionId = 'running' as NonNullable<NonNullable<(typeof proxy)['refused'][0]['call']>['sessionId']>;
    const refusal = { reason: 'operation_denied' as const, operation: 'sts:GetCallerIdentity' };
    const { proxy, arrived } = await proxyBefore({ decide: () => ({ ok: false, refusal, sessionId }) });
    const answer = await call(proxy, caller(), form);
    expect([answer.status, answer.body]).toEqual([
      403,
      expect.stringContaining('does not allow sts:GetCallerIdentity'),
    ]);
    expect(proxy.refused).toMatchObject([
      { reason: 'operation_denied', call: { record: '7', sessionId, shown: { service: 'sts' } } },
    ]);
    expect([arrived, proxy.resolved]).toEqual([[], []]);
  });

  test('everything while the journal cannot be written', async () => {
    const { proxy, arrived } = await proxyBefore({ opened: () => Promise.reject(new Error('ENOSPC')) });
    const answer = await call(proxy, caller(), form);
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining('cannot be recorded')]);
    expect([arrived, proxy.resolved, proxy.seen.finished]).toEqual([[], [], []]);
  });

  test('everything while the proxy is off', async () => {
    const { proxy } = await proxyBefore();
    const socket = await tunnelTo(proxy, 'sts.eu-west-1.amazonaws.com');
    proxy.state.isOn = false;
    const { request, answer } = send(socket, await crt(caller(), token));
    request.end(form);
    expect((await answer).status).toBe(403);
    expect((await connectThrough(proxy.port, 'sts.eu-west-1.amazonaws.com:443')).status).toBe(503);
  });

  test('more calls at once than a token may make', async () => {
    const { proxy } = await proxyBefore({ tokenLimits: { mostAtOnce: 4, perSecond: 1, burst: 1 } });
    expect((await call(proxy, caller(), form)).status).toBe(200);
    const answer = await call(proxy, caller(), form);
    expect([answer.status, answer.body]).toEqual([429, expect.stringContaining('Throttling')]);
  });
});

test('a signature that comes again is marked as a repeat', async () => {
  const { proxy } = await proxyBefore();
  const unsigned = caller();
  await call(proxy, unsigned, form);
  await call(proxy, unsigned, form);
  expect(proxy.seen.questions.map(({ shown }) => shown.isRepeat)).toEqual([false, true]);
});

test.each([
  ['aws4', aws4],
  ['@smithy/signature-v4', smithy],
])('what %s signs is understood as well', async (_, sign) => {
  const { proxy } = await proxyBefore();
  const socket = await tunnelTo(proxy, 'sts.eu-west-1.amazonaws.com');
  const { request, answer } = send(socket, await sign(caller({ saysHash: true }), token));
  request.end(form);
  expect((await answer).status).toBe(200);
  socket.destroy();
});

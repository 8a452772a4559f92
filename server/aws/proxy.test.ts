import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import {
  connectThrough,
  type ProxyWish,
  record,
  runningProxy,
  send,
  standInAws,
  token,
  tunnelTo,
} from './testing/running-proxy.ts';
import { aws4, crt, sha256, smithy, type Unsigned } from './testing/signers.ts';

/*
 * The whole way of a call: CONNECT, TLS that we end, a signature of a token, the answer of AWS to a signature of the
 * record. Black box: a client that is not ours signs, and a server that is not ours looks at what arrives.
 */

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

type Arrived = { method: string; url: string; headers: Record<string, string | string[] | undefined>; body: Buffer };

async function proxyBefore(wish: ProxyWish = {}, answer: (url: string) => string = () => 'hello') {
  const arrived: Arrived[] = [];
  const aws = await standInAws(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const { method = '', url = '', headers } = request;
    arrived.push({ method, url, headers, body: Buffer.concat(pieces) });
    response.writeHead(200, { 'x-amzn-requestid': 'of-aws', 'content-type': 'text/xml' }).end(answer(url));
  });
  running.push(aws);
  const proxy = await runningProxy({ aws, ...wish });
  running.push(proxy);
  return { proxy, arrived, aws };
}

const form = 'Action=GetCallerIdentity&Version=2011-06-15';
const caller = (over: Partial<Unsigned> = {}): Unsigned => ({
  method: 'POST',
  target: '/',
  headers: {
    host: 'sts.eu-west-1.amazonaws.com',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'content-length': String(form.length),
  },
  region: 'eu-west-1',
  service: 'sts',
  bodyHash: sha256(form),
  saysHash: false,
  at: new Date(),
  ...over,
});

async function call(proxy: { port: number; caPem: string }, unsigned: Unsigned, body: string | Buffer, key = token) {
  const socket = await tunnelTo(proxy, unsigned.headers.host ?? '');
  const { request, answer } = send(socket, await crt(unsigned, key));
  request.end(body);
  const got = await answer;
  socket.destroy();
  return got;
}

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

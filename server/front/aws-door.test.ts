// Contract: what programs send to /aws reaches the AWS proxy with its target and its headers as they were signed, and with
// the address that the gateway saw, whatever the client says of it. A browser's pages below /aws are the portal's. What
// comes back streams, ends when either side does, and can never run as a page of ours.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request as requestPlain, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Arrival } from '../aws/handler.ts';
import { listenOnSocket } from '../aws/socket-listener.ts';
import { createLog } from '../log.ts';
import { createAwsDoor, isAwsCall } from './aws-door.ts';
import { publicOriginOf } from './public-origin.ts';
import { type RunningFront, runFront } from './testing/running-front.ts';

const folder = mkdtempSync(join(tmpdir(), 'sp-aws-'));
const socketPath = join(folder, 'aws.sock');
const log = createLog('aws', 'silent');
const ours = publicOriginOf('http://gateway.test');
let arrivals: Arrival[] = [];
let answer: (arrival: Arrival) => void = ({ response }) => void response.end('from the proxy');
let front: RunningFront;
let listener: Awaited<ReturnType<typeof listenOnSocket>>;

beforeAll(async () => {
  const handle = async (arrival: Arrival) => {
    arrivals.push(arrival);
    answer(arrival);
  };
  listener = await listenOnSocket({ socketPath, handle, log });
  front = await runFront({
    aws: createAwsDoor({ socketPath, ours, log }),
    exemptions: [isAwsCall],
    portal: (_request, response) => response.end('portal'),
  });
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await listener.close(0);
  rmSync(folder, { recursive: true });
});

async function ask(target: string, { method = 'GET', headers = [] as string[], body = '' } = {}) {
  arrivals = [];
  const request = requestPlain({
    port: front.port,
    method,
    path: target,
    headers: ['Host', 'gateway.test', ...headers],
    setHost: false,
  });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  let text = '';
  for await (const piece of response) text += piece;
  return { status: response.statusCode, headers: response.headers, text };
}

const signed = ['Authorization', 'AWS4-HMAC-SHA256 Credential=x'];

describe('a call', () => {
  it('arrives with its raw target and headers, in their order and case', async () => {
    const target = '/aws/bucket//dir/../key%20?list-type=2&prefix=%2F';
    const headers = [
      ...signed,
      'X-Amz-Date',
      '20261120T132405Z',
      'x-amz-meta-A',
      'one',
      'x-amz-meta-A',
      'two',
      'Content-Length',
      '4',
    ];
    expect((await ask(target, { method: 'POST', headers, body: 'body' })).text).toBe('from the proxy');
    const [arrival] = arrivals;
    expect(arrival).toMatchObject({ route: 'endpoint', address: '127.0.0.1', awaitsContinue: false });
    expect(arrival?.meaning).toBeUndefined();
    expect(arrival?.request.url).toBe(target);
    expect(arrival?.request.rawHeaders.slice(0, headers.length + 2)).toEqual(['Host', 'gateway.test', ...headers]);
  });

  it('says nothing of its own address that is believed', async () => {
    await ask('/aws/', { headers: [...signed, 'X-Sallyport-Address', '10.9.9.9', 'x-forwarded-for', '10.8.8.8'] });
    expect(arrivals[0]?.address).toBe('127.0.0.1');
    expect(arrivals[0]?.request.rawHeaders.join()).not.toContain('10.9.9.9');
  });

  it('is answered without becoming a page of ours', async () => {
    answer = ({ response }) => void response.writeHead(403, { 'content-type': 'text/html' }).end('<script>');
    const { status, headers } = await ask('/aws', { headers: signed });
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });

  it('ends when the client goes away', async () => {
    const gone = new Promise<void>((resolve) => {
      answer = ({ response }) => {
        response.once('close', resolve);
        response.writeHead(200).write('begun');
      };
    });
    const request = requestPlain({
      port: front.port,
      path: '/aws/x',
      headers: ['Host', 'gateway.test', ...signed],
      setHost: false,
    });
    request.on('error', () => undefined);
    request.end();
    await once(request, 'response');
    request.destroy();
    await gone;
  });
});

it('leaves pages of a browser to the portal, and calls of programs not', async () => {
  answer = ({ response }) => void response.end('from the proxy');
  expect((await ask('/aws', { headers: ['Sec-Fetch-Mode', 'navigate'] })).text).toBe('portal');
  expect((await ask('/aws/tokens?_rsc=1', { headers: ['Sec-Fetch-Mode', 'cors'] })).text).toBe('portal');
  expect((await ask('/awsome', { headers: signed })).text).toBe('portal');
  expect((await ask('/aws/key?X-Amz-Signature=0')).text).toBe('from the proxy');
});

it('says that the proxy is away when it is', async () => {
  const door = createAwsDoor({ socketPath: join(folder, 'nobody.sock'), ours, log });
  const server = createServer((request: IncomingMessage, response: ServerResponse) =>
    door.forward(request, response, '::1'),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const response = await fetch(`http://127.0.0.1:${port}/aws`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
  door.close();
  server.close();
});

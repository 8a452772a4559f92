import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call, caller, form, proxyWithAws } from './testing/calls.ts';
import {
  connectThrough,
  type ProxyWish,
  runningProxy,
  send,
  standInAws,
  token,
  tunnelTo,
} from './testing/running-proxy.ts';
import { crt, type Unsigned } from './testing/signers.ts';

/*
 * What the proxy lets in before anything is signed, and how a transfer ends: nothing but hosts of AWS, by one name from
 * CONNECT to `Host`; and where one side is gone, or access has ended, neither side goes on.
 */

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});
const proxyBefore = (wish?: ProxyWish) => proxyWithAws(running, wish);

describe('CONNECT', () => {
  const refusedTargets: [string, number][] = [
    ['example.com:443', 403],
    ['sts.amazonaws.com:80', 403],
    ['sts.amazonaws.com:8443', 403],
    ['sts.amazonaws.com', 400],
    ['169.254.169.254:443', 403],
    ['[::1]:443', 403],
    ['0x7f000001:443', 400],
    ['127.1:443', 403],
    ['2130706433:443', 403],
    ['user@sts.amazonaws.com:443', 400],
    ['sts.amazonaws.com.:443', 400],
    ['sts.amazonaws.com.evil.test:443', 403],
    ['evilamazonaws.com:443', 403],
    ['amazonaws.com:443', 403],
    ['sts%2eamazonaws.com:443', 400],
    ['sts.amazonaws.com%00.evil.test:443', 400],
    ['sts.amazonaws.com#.evil.test:443', 400],
    ['localhost:443', 400],
    ['xn--sts.amazonaws.com:443', 400],
  ];
  test('leads nowhere but to hosts of AWS, by name, on port 443', async () => {
    const { proxy } = await proxyBefore();
    for (const [target, status] of refusedTargets) {
      const { status: got, text, socket } = await connectThrough(proxy.port, target);
      expect([target, got >= 400 && got < 500]).toEqual([target, true]);
      expect([target, [status, 403, 400].includes(got)]).toEqual([target, true]);
      expect(text).toMatch(/connection: close/i);
      socket.destroy();
    }
    expect(proxy.resolved).toEqual([]);
  });

  test('shows no certificate for another name than it was asked for, nor without one', async () => {
    const { proxy } = await proxyBefore();
    await expect(tunnelTo(proxy, 'sts.amazonaws.com', 'iam.amazonaws.com')).rejects.toThrow();
    await expect(tunnelTo(proxy, 'sts.amazonaws.com', '')).rejects.toThrow();
  });

  test('takes nothing else: a plain request gets a sentence', async () => {
    const { proxy } = await proxyBefore();
    for (const [line, words] of [
      ['GET http://sts.amazonaws.com/ HTTP/1.1\r\nHost: sts.amazonaws.com', 'https://'],
      ['GET / HTTP/1.1\r\nHost: proxy', 'HTTPS_PROXY'],
    ] as const) {
      const { socket } = await connectThrough(proxy.port, 'example.com:443');
      socket.destroy();
      const answer = await fetchRaw(proxy.port, line);
      expect(answer).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer).toContain(words);
    }
  });

  test('has room for so many connections from one address, and cuts those that never ask', async () => {
    const { proxy } = await proxyBefore({ limits: { mostPerAddress: 2, waitMs: 200 } });
    const held = [
      await connectThrough(proxy.port, 'sts.amazonaws.com:443'),
      await connectThrough(proxy.port, 'sts.amazonaws.com:443'),
    ];
    expect((await connectThrough(proxy.port, 'sts.amazonaws.com:443')).status).toBe(429);
    await Promise.all(held.map(({ socket }) => once(socket, 'close')));
    expect((await connectThrough(proxy.port, 'sts.amazonaws.com:443')).status).toBe(200);
  });
});

async function fetchRaw(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${head}\r\n\r\n`);
  let text = '';
  for await (const piece of socket) text += piece;
  return text;
}

describe('a transfer is cut', () => {
  test('on both sides when access ends in the middle of it', async () => {
    let upstreamGone: Promise<unknown> | undefined;
    const aws = await standInAws((request, response) => {
      upstreamGone = new Promise((resolve) => request.socket.once('close', resolve));
      response.writeHead(200).write('begun');
    });
    running.push(aws);
    const proxy = await runningProxy({ aws });
    running.push(proxy);
    const socket = await tunnelTo(proxy, 'sts.eu-west-1.amazonaws.com');
    const { request } = send(socket, await crt(caller(), token));
    request.end(form);
    await once(request, 'response');
    proxy.state.ended.abort();
    await once(socket, 'close');
    await upstreamGone;
    expect((await proxy.finishedCalls(1))[0]).toMatchObject({ problem: 'access_ended' });
  });

  test('upstream when the client goes away in the middle of its upload', async () => {
    let begin: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let upstreamGone: Promise<unknown> | undefined;
    const aws = await standInAws((request) => {
      upstreamGone = new Promise((resolve) => request.socket.once('close', resolve));
      request.once('data', () => begin?.());
    });
    running.push(aws);
    const proxy = await runningProxy({ aws });
    running.push(proxy);
    const socket = await tunnelTo(proxy, 'b.s3.eu-west-1.amazonaws.com');
    const unsigned: Unsigned = {
      ...caller(),
      method: 'PUT',
      target: '/key',
      headers: { host: 'b.s3.eu-west-1.amazonaws.com', 'content-length': '1000000' },
      service: 's3',
      bodyHash: 'UNSIGNED-PAYLOAD',
      saysHash: true,
    };
    const { request } = send(socket, await crt(unsigned, token));
    request.write(Buffer.alloc(100_000));
    await begun;
    socket.destroy();
    await upstreamGone;
    expect((await proxy.finishedCalls(1))[0]).toMatchObject({ problem: 'client_gone' });
  });

  test('and the client is told when AWS cannot be reached', async () => {
    const aws = await standInAws(() => undefined);
    aws.stop();
    const proxy = await runningProxy({ aws });
    running.push(proxy);
    const answer = await call(proxy, caller(), form);
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining('cannot be reached')]);
    expect((await proxy.finishedCalls(1))[0]).toMatchObject({ problem: 'upstream_unreachable', status: 503 });
  });

  test('without the certificate that the endpoint must show', async () => {
    const { aws } = await proxyBefore();
    const other = await standInAws(() => undefined);
    running.push(other);
    const proxy = await runningProxy({ aws: { url: aws.url, caPem: other.caPem } });
    running.push(proxy);
    expect((await call(proxy, caller(), form)).status).toBe(503);
  });
});

import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeAws } from '../../e2e/testbed/fake-aws.ts';
import type { RawRequest } from './sigv4/request.ts';
import { dialSpy } from './testing/dial-spy.ts';
import {
  type Answer,
  connectThrough,
  type ProxyWish,
  record,
  runningProxy,
  send,
  standInAws,
  token,
  tunnelTo,
} from './testing/running-proxy.ts';
import { crt, sha256, type Unsigned } from './testing/signers.ts';

/*
 * Whoever gets a request that we signed can use it, and whoever makes us dial can look into our network. So whatever a
 * client says, in CONNECT, in TLS and inside, nothing is looked up or dialled but the one host that was checked. A spy
 * below all of Node's sockets and lookups is the witness, and the requests are right in all else: signed, with a token.
 */

const host = 's3.eu-west-1.amazonaws.com';
let fake: FakeAws;
let aws: Awaited<ReturnType<typeof standInAws>>;
let spy: ReturnType<typeof dialSpy>;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  fake = new FakeAws({ [record.accessKeyId]: record });
  fake.s3.buckets.set('reports', new Map());
  aws = await standInAws((incoming, answer) => void fake.handle(incoming, answer));
  spy = dialSpy();
});
afterAll(() => {
  spy.stop();
  aws.stop();
});
beforeEach(() => {
  fake.calls.length = 0;
  spy.forget();
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function started(wish: ProxyWish = {}) {
  const proxy = await runningProxy({ aws, ...wish });
  running.push(proxy);
  return proxy;
}

const list = (over: Partial<Unsigned> = {}): Unsigned => ({
  method: 'GET',
  target: '/reports?list-type=2',
  headers: { host },
  region: 'eu-west-1',
  service: 's3',
  bodyHash: sha256(''),
  saysHash: true,
  at: new Date(),
  ...over,
});

async function answerOf(proxy: { port: number; caPem: string }, request: RawRequest, through = host): Promise<Answer> {
  const socket = await tunnelTo(proxy, through);
  const { request: sending, answer } = send(socket, request);
  sending.end();
  const got = await answer;
  socket.destroy();
  return got;
}

test('the host that was checked is dialled, once, and nothing else', async () => {
  const proxy = await started();
  expect((await answerOf(proxy, await crt(list(), token))).status).toBe(200);
  expect(spy.besides(proxy.port)).toEqual([`aws.test:${aws.port}`]);
  expect(proxy.resolved).toEqual(['aws.test']);
});

describe('names for CONNECT', () => {
  const names = [
    'attacker.example.com:443',
    'localhost:443',
    'localhost.localdomain:443',
    '127.0.0.1:443',
    '127.1:443',
    '2130706433:443',
    '0x7f000001:443',
    '0x7f.0.0.1:443',
    '0177.0.0.1:443',
    '0:443',
    '0.0.0.0:443',
    '169.254.169.254:443',
    '169.254.169.254:80',
    '169.254.170.2:443',
    '2852039166:443',
    '0xa9fea9fe:443',
    '0251.0376.0251.0376:443',
    '[::1]:443',
    '[::]:443',
    '[::ffff:127.0.0.1]:443',
    '[::ffff:a9fe:a9fe]:443',
    '[fd00:ec2::254]:443',
    '[fe80::1%25lo]:443',
    '::1:443',
    'metadata.google.internal:443',
    'instance-data.ec2.internal:443',
    `${host}:80`,
    `${host}:8443`,
    `${host}:0443`,
    `${host}:443443`,
    `${host}:+443`,
    `${host}:443:443`,
    `${host}:`,
    host,
    `${host}.:443`,
    `.${host}:443`,
    `${host}.attacker.example.com:443`,
    `attacker.example.com.${host}.:443`,
    `attacker-${host}.example.com:443`,
    `evil${host.replace('s3.eu-west-1.', '')}:443`,
    `user@${host}:443`,
    `${host}@attacker.example.com:443`,
    `${host}:443@attacker.example.com:443`,
    `user:password@${host}:443`,
    `attacker.example.com/.${host}:443`,
    `attacker.example.com?.${host}:443`,
    `attacker.example.com#.${host}:443`,
    `attacker.example.com\\.${host}:443`,
    `attacker.example.com%00.${host}:443`,
    `attacker.example.com%2f.${host}:443`,
    `s3%2eeu-west-1.amazonaws.com:443`,
    `https://${host}:443`,
    `https://${host}/`,
    `http://169.254.169.254/latest/meta-data/`,
    `attacker.example.com://s3.amazonaws.com`,
    `//${host}:443`,
    `${host},attacker.example.com:443`,
    `*.s3.eu-west-1.amazonaws.com:443`,
    `xn--s3-eva.eu-west-1.amazonaws.com:443`,
    `s3_.eu-west-1.amazonaws.com:443`,
    `s3..eu-west-1.amazonaws.com:443`,
    `${'a'.repeat(64)}.s3.eu-west-1.amazonaws.com:443`,
    `${'a.'.repeat(130)}s3.eu-west-1.amazonaws.com:443`,
    's3.eu-west-99.amazonaws.com:443',
    'attacker.sts.eu-west-1.amazonaws.com:443',
    'amazonaws.com:443',
    'console.aws.amazon.com:443',
    'd111111abcdef8.cloudfront.net:443',
  ];

  test('that are no host of AWS with port 443 lead nowhere', async () => {
    const proxy = await started();
    const taken: string[] = [];
    for (const name of names) {
      const { status, socket } = await connectThrough(proxy.port, name);
      if (status < 400) taken.push(name);
      socket.destroy();
    }
    expect(taken).toEqual([]);
    expect(spy.besides(proxy.port)).toEqual([]);
    expect(proxy.resolved).toEqual([]);
  });

  test('are not dialled either where they are right: only a request that is allowed is', async () => {
    const proxy = await started();
    for (const name of [host, `reports.${host}`, 'sts.amazonaws.com', 'ec2.us-east-1.api.aws']) {
      const socket = await tunnelTo(proxy, name);
      const { request, answer } = send(socket, { method: 'GET', target: '/', headers: [['Host', name]] });
      request.end();
      expect((await answer).status).toBe(403);
      socket.destroy();
    }
    expect(spy.besides(proxy.port)).toEqual([]);
  });

  test.each(['attacker.example.com', 'sts.amazonaws.com', `x.${host}`, 'localhost'])(
    'and another one in TLS, %s, is a closed door',
    async (servername) => {
      const proxy = await started();
      await expect(tunnelTo(proxy, host, servername)).rejects.toThrow();
      expect(spy.besides(proxy.port)).toEqual([]);
    },
  );
});

describe('requests inside', () => {
  const attacker = 'attacker.example.com';
  // What is signed, and what is changed after that; `status` where it must be refused.
  const rows: [name: string, over: Partial<Unsigned>, added: [string, string][], refused: boolean][] = [
    ['another host', { headers: { host: attacker } }, [], true],
    ['another host of AWS', { headers: { host: 'sts.eu-west-1.amazonaws.com' } }, [], true],
    ['a bucket that is in the host alone', { headers: { host: `reports.${host}` } }, [], true],
    ['a host with a dot behind', { headers: { host: `${host}.` } }, [], true],
    ['a host with a user', { headers: { host: `${attacker}@${host}` } }, [], true],
    ['a host with another port', { headers: { host: `${host}:8443` } }, [], true],
    ['a host with a scheme', { headers: { host: `${attacker}://${host}` } }, [], true],
    ['the address of metadata as host', { headers: { host: '169.254.169.254' } }, [], true],
    ['IPv6 as host', { headers: { host: '[::1]' } }, [], true],
    ['two hosts', {}, [['Host', attacker]], true],
    ['two hosts that are one', {}, [['Host', host]], true],
    ['X-Forwarded-Host, signed', { headers: { host, 'x-forwarded-host': attacker } }, [], false],
    ['X-Forwarded-Host, not signed', {}, [['X-Forwarded-Host', `${attacker}://${host}`]], false],
    ['X-Forwarded-Host of metadata', {}, [['X-Forwarded-Host', '169.254.169.254']], false],
    ['X-Forwarded-Server', {}, [['X-Forwarded-Server', attacker]], false],
    ['X-Host', {}, [['X-Host', attacker]], false],
    ['X-Original-URL', {}, [['X-Original-URL', `http://${attacker}/`]], false],
    ['X-Rewrite-URL', {}, [['X-Rewrite-URL', `http://${attacker}/`]], false],
    ['Forwarded', {}, [['Forwarded', `host=${attacker};proto=http`]], false],
    ['a header of AWS that names a host', {}, [['x-amz-website-redirect-location', `https://${attacker}/`]], true],
    ['absolute form', { target: `https://${attacker}/reports` }, [], true],
    ['absolute form of the right host', { target: `https://${host}/reports` }, [], true],
    ['absolute form without TLS', { target: 'http://169.254.169.254/latest/meta-data/' }, [], true],
    ['the scope of another service', { service: 'sts' }, [], true],
    ['the scope of another region', { region: 'us-east-1' }, [], true],
    ['a path that looks like a host', { target: `//${attacker}/reports?list-type=2` }, [], false],
    ['a path with a user', { target: `/@${attacker}/?list-type=2` }, [], false],
    ['a path with dots', { target: '/reports/../../../etc/passwd' }, [], false],
    ['a query that looks like a host', { target: `/reports?list-type=2&host=${attacker}` }, [], false],
  ];

  test.each(rows)('with %s', async (_, over, added, isRefused) => {
    const proxy = await started();
    const signed = await crt(list(over), token);
    const { status } = await answerOf(proxy, { ...signed, headers: [...signed.headers, ...added] });
    const places = spy.besides(proxy.port);
    expect({ places, refused: places.length === 0 && status >= 400 }).toEqual({
      places: isRefused ? [] : [`aws.test:${aws.port}`],
      refused: isRefused,
    });
    expect(
      fake.calls.filter((call) => call.host !== host || /SignatureDoesNotMatch|AccessDenied/.test(call.problem ?? '')),
    ).toEqual([]);
  });

  test('and CONNECT, once more, inside the connection', async () => {
    const proxy = await started();
    const socket = await tunnelTo(proxy, host);
    socket.write(`CONNECT ${attacker}:443 HTTP/1.1\r\nHost: ${attacker}:443\r\n\r\n`);
    await once(socket, 'close');
    expect(spy.besides(proxy.port)).toEqual([]);
  });

  test('and an upgrade of the connection', async () => {
    const proxy = await started();
    const signed = await crt(list(), token);
    const upgrade: [string, string][] = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
    ];
    const { status } = await answerOf(proxy, { ...signed, headers: [...signed.headers, ...upgrade] });
    expect(status).toBeLessThan(500);
    expect(spy.besides(proxy.port).every((place) => place === `aws.test:${aws.port}`)).toBe(true);
  });
});

describe('names of AWS that lead into a network of ours', () => {
  const toAws: ProxyWish['decide'] = () => ({
    ok: true,
    sessionId: 'a-session' as Awaited<ReturnType<typeof runningProxy>>['seen']['opened'][0]['sessionId'],
    key: record,
    ended: new AbortController().signal,
  });

  test.each([
    ['loopback', ['127.0.0.1']],
    ['loopback of IPv6', ['::1']],
    ['metadata', ['169.254.169.254']],
    ['metadata of IPv6', ['fd00:ec2::254']],
    ['metadata of containers', ['169.254.170.2']],
    ['a private address', ['10.0.0.1']],
    ['another private address', ['172.16.0.1']],
    ['a third one', ['192.168.1.1']],
    ['the space of carriers', ['100.64.0.1']],
    ['a local one of IPv6', ['fd12::1']],
    ['link-local of IPv6', ['fe80::1']],
    ['IPv4 within IPv6', ['::ffff:10.0.0.1']],
    ['IPv4 behind NAT64', ['64:ff9b::a00:1']],
    ['IPv4 behind 6to4', ['2002:7f00:1::']],
    ['nothing', ['0.0.0.0']],
    ['all', ['255.255.255.255']],
    ['many at once', ['224.0.0.1']],
    ['a public and a private address', ['93.184.216.34', '127.0.0.1']],
    ['no address', []],
  ])('are not dialled: %s', async (_, addresses) => {
    const proxy = await started({ decide: toAws, addresses: () => addresses });
    const { status } = await answerOf(proxy, await crt(list(), token));
    expect(status).toBeGreaterThanOrEqual(400);
    // Node asks our resolver with the name, and gets no address out of it.
    expect(spy.besides(proxy.port)).toEqual([`${host}:443`]);
    expect(proxy.resolved).toEqual([host]);
    expect(fake.calls).toEqual([]);
  });
});

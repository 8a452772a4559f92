import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { createDialer, type Dialer, type Route } from './dial.ts';

/*
 * Nothing is dialled that was not looked at, whatever a name resolves to and however often it changes its mind. A host of
 * AWS leads into no private network; an endpoint of one's own may, but to no metadata service and to nothing link-local.
 */

const dialers: Dialer[] = [];
afterAll(() => {
  for (const dialer of dialers) dialer.close();
});

type Wish = { addresses: string[]; allowTargets?: string[] };

/** What comes of opening a request, with a resolver that says what we want it to. */
async function opened(route: Partial<Route>, { addresses, allowTargets = [] }: Wish): Promise<string> {
  let asked = 0;
  const dialer = createDialer({
    rules: () => ({ allowTargets, ownPorts: [3000] }),
    resolve: async () => {
      asked += 1;
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
    connectTimeoutMs: 300,
  });
  dialers.push(dialer);
  const whole: Route = { protocol: 'https:', host: 'sts.amazonaws.com', port: 1, isOwn: false, ...route };
  try {
    const request = dialer.open(whole, { method: 'GET', target: '/', headers: [['host', 'x']] });
    request.end();
    const [error]: Error[] = await once(request, 'error').catch((thrown) => [thrown]);
    expect(asked).toBeLessThanOrEqual(1);
    return error?.name === 'PrivateAddress' ? 'refused' : 'dialled';
  } catch (error) {
    return (error as Error).name === 'PrivateAddress' ? 'refused' : 'failed';
  }
}

const metadata = ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '::ffff:169.254.169.254', '100.100.100.200'];
const inside = ['10.0.0.1', '172.16.5.5', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fd12:3456::1', '::ffff:10.0.0.1'];
const here = ['127.0.0.1', '127.8.8.8', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'];

describe('a host of AWS', () => {
  test.each([...metadata, ...inside, ...here, '224.0.0.1', 'fe80::1', '64:ff9b::a00:1'])(
    'does not lead to %s',
    async (address) => {
      expect(await opened({}, { addresses: [address] })).toBe('refused');
    },
  );

  test('is not dialled when one of its addresses is private, whichever would be tried', async () => {
    expect(await opened({}, { addresses: ['127.0.0.1', '52.94.0.1'] })).toBe('refused');
    expect(await opened({}, { addresses: ['52.94.0.1', '10.0.0.1'] })).toBe('refused');
    expect(await opened({}, { addresses: [] })).toBe('refused');
  });

  test('may be a VPC endpoint where ALLOW_TARGETS lists it, by network, address or name', async () => {
    for (const entry of ['127.0.0.0/8', '127.0.0.1', 'sts.amazonaws.com', '127.0.0.1:1']) {
      expect([entry, await opened({}, { addresses: ['127.0.0.1'], allowTargets: [entry] })]).toEqual([
        entry,
        'dialled',
      ]);
    }
    expect(await opened({}, { addresses: ['127.0.0.1'], allowTargets: ['10.0.0.0/8', 'iam.amazonaws.com'] })).toBe(
      'refused',
    );
    expect(await opened({}, { addresses: ['10.0.0.1'], allowTargets: ['127.0.0.0/8'] })).toBe('refused');
  });
});

describe('an endpoint of one’s own', () => {
  test.each([...metadata, 'fe80::1', '0.0.0.0'])('never leads to %s, even where that is listed', async (address) => {
    expect(await opened({ isOwn: true }, { addresses: [address], allowTargets: [address] })).toBe('refused');
    expect(await opened({ isOwn: true, host: address }, { addresses: [], allowTargets: [address] })).toBe('refused');
  });

  test('leads to this machine only where that is listed, and never to our own port', async () => {
    const own = { isOwn: true, host: 'minio.test' };
    expect(await opened(own, { addresses: ['127.0.0.1'] })).toBe('refused');
    expect(await opened(own, { addresses: ['127.0.0.1'], allowTargets: ['minio.test'] })).toBe('dialled');
    expect(await opened({ ...own, port: 3000 }, { addresses: ['127.0.0.1'], allowTargets: ['minio.test'] })).toBe(
      'refused',
    );
  });

  test('is spoken to in the clear on this machine alone', async () => {
    const plain = { isOwn: true, host: 'minio.test', protocol: 'http:' as const };
    expect(await opened(plain, { addresses: ['127.0.0.1'], allowTargets: ['127.0.0.1'] })).toBe('dialled');
    expect(await opened(plain, { addresses: ['10.0.0.1'], allowTargets: ['10.0.0.1'] })).toBe('refused');
    expect(await opened(plain, { addresses: ['52.94.0.1'] })).toBe('refused');
  });
});

test('a name that changes its mind is looked at again for each connection', async () => {
  const server = createServer((_, response) => response.setHeader('connection', 'close').end('ours'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const answers = ['127.0.0.1', '169.254.169.254'];
  const dialer = createDialer({
    rules: () => ({ allowTargets: ['127.0.0.1'], ownPorts: [] }),
    resolve: async () => [{ address: answers.shift() ?? '', family: 4 }],
  });
  dialers.push(dialer);
  const route: Route = { protocol: 'http:', host: 'rebinding.test', port, isOwn: true };
  const ask = () => {
    const request = dialer.open(route, { method: 'GET', target: '/', headers: [['host', 'x']] });
    request.end();
    return once(request, 'response').then(([response]) => {
      response.resume();
      return once(response, 'close');
    });
  };
  await ask();
  await expect(ask()).rejects.toMatchObject({ name: 'PrivateAddress' });
  server.close();
});

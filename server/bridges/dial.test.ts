/**
 * Contract: a name is looked up once, every address of it is judged, and exactly a judged address is dialled; what goes
 * wrong is told in words; nothing is left open when the attempt is given up.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../demo/private-sshd.ts';
import { dial, inWords } from './dial.ts';

let server: Server;
let port: number;
const never = new AbortController().signal;
const rules = { allowTargets: ['127.0.0.1', '::1'], ownPorts: [] };

beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

describe('dialling', () => {
  it('connects to an allowed address, without delay, paused', async () => {
    const dialled = await dial({ server: '127.0.0.1', port }, { rules, signal: never });
    if (!dialled.ok) throw new Error(dialled.end.detail);
    expect(dialled.address).toBe('127.0.0.1');
    expect(dialled.socket.isPaused()).toBe(true);
    expect(dialled.socket.remotePort).toBe(port);
    dialled.socket.destroy();
  });

  it('connects by name to the address that was allowed, passing over those that were not', async () => {
    const onlyV4 = { allowTargets: ['127.0.0.1'], ownPorts: [] };
    const dialled = await dial({ server: 'localhost', port }, { rules: onlyV4, signal: never });
    if (!dialled.ok) throw new Error(dialled.end.detail);
    expect(dialled.socket.remoteAddress).toBe('127.0.0.1');
    dialled.socket.destroy();
  });

  it('goes on to the next address of a name when one does not answer', async () => {
    const both = { allowTargets: ['localhost'], ownPorts: [] };
    const dialled = await dial({ server: 'localhost', port }, { rules: both, signal: never });
    if (!dialled.ok) throw new Error(dialled.end.detail);
    dialled.socket.destroy();
  });

  it.each(['127.0.0.1', 'localhost', '::1', '0x7f.1', '2130706433', '::ffff:127.0.0.1', '0'])(
    'refuses %s, which is ourselves, however it is written',
    async (name) => {
      const dialled = await dial({ server: name, port }, { rules: { allowTargets: [], ownPorts: [] }, signal: never });
      expect(dialled).toMatchObject({ ok: false, end: { reason: 'refused_target' } });
    },
  );

  it('says who refused', async () => {
    const closed = await freePort();
    expect(await dial({ server: '127.0.0.1', port: closed }, { rules, signal: never })).toEqual({
      ok: false,
      end: { reason: 'unreachable', detail: `127.0.0.1 port ${closed} refused the connection: nothing listens there.` },
    });
  });

  it('says when a name is not known', async () => {
    const dialled = await dial({ server: 'no-such-host.invalid', port }, { rules, signal: never });
    expect(dialled).toMatchObject({ ok: false, end: { reason: 'unreachable' } });
  });

  it('gives up when told to, before and while', async () => {
    expect(await dial({ server: '127.0.0.1', port }, { rules, signal: AbortSignal.abort() })).toMatchObject({
      end: { reason: 'unreachable', detail: 'The attempt was given up.' },
    });
    const abort = new AbortController();
    const dialling = dial({ server: '127.0.0.1', port }, { rules, signal: abort.signal });
    abort.abort();
    expect(await dialling).toMatchObject({ ok: false });
  });

  it('gives up in time where nobody answers', async () => {
    const nowhere = { server: '192.0.2.1', port: 22 }; // RFC 5737: nobody has this address
    const late = await dial(nowhere, { rules, signal: never, timeoutMs: 50 });
    expect(late).toMatchObject({ ok: false, end: { reason: 'unreachable' } });
  });
});

it.each([
  ['ECONNREFUSED', 'h port 1 refused the connection: nothing listens there.'],
  ['ETIMEDOUT', 'h port 1 did not answer in time.'],
  ['EHOSTUNREACH', 'There is no route from the gateway to h port 1.'],
  ['ENOTFOUND', "The name h is not known to the gateway's name server."],
  ['EAI_AGAIN', "The gateway's name server did not answer for h."],
  ['EPERM', "The gateway's own firewall does not let it connect to h port 1."],
  ['EWHATEVER', 'The connection to h port 1 failed.'],
])('%s in words', (code, words) => {
  expect(inWords(Object.assign(new Error('x'), { code }), 'h', 1)).toBe(words);
});

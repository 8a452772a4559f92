/**
 * When a session is ended, its connection to the computer is gone within a second, at both ends, whatever the computer
 * does: close in order, ignore the farewell, stop reading, or go on sending.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSshServer, startFakeSshServer } from './testing/fake-ssh-server.ts';
import { type SshTrial, trySsh } from './testing/ssh-session.ts';
import { type StubbornHost, startStubbornHost } from './testing/stubborn-host.ts';

const credential = { type: 'password', username: 'ada', password: 'sesame' } as const;
let server: FakeSshServer;
let host: StubbornHost;
let flood: NodeJS.Timeout | undefined;

beforeEach(async () => {
  server = await startFakeSshServer({
    onShell: (channel) => {
      channel.on('error', () => undefined);
      channel.write('welcome');
      flood = setInterval(() => channel.writable && channel.write('x'.repeat(1000)), 1);
    },
  });
  host = await startStubbornHost(server.port);
});
afterEach(async () => {
  clearInterval(flood);
  await host.stop();
  await server.stop();
});

async function openedAt(port: number): Promise<SshTrial> {
  const trial = trySsh(port, credential);
  await trial.opened;
  await trial.saw('welcome');
  return trial;
}

async function closingMs(trial: SshTrial): Promise<number> {
  const startMs = performance.now();
  await trial.bridge.close();
  return performance.now() - startMs;
}

describe('a computer', () => {
  it('that closes its side is not waited for any longer', async () => {
    expect(await closingMs(await openedAt(server.port))).toBeLessThan(500);
  });

  it('that ignores the farewell is cut off within a second, and knows it', async () => {
    const trial = await openedAt(host.port);
    const ms = await closingMs(trial);
    expect(ms).toBeGreaterThan(500); // it had its time
    expect(ms).toBeLessThan(1_000);
    expect(await host.gone).toMatch(/ECONNRESET|EPIPE/);
    expect(trial.ends).toEqual([{ reason: 'closed' }]);
  });

  it('that reads nothing any more is cut off all the same', async () => {
    const trial = await openedAt(host.port);
    for (const socket of host.sockets) socket.pause();
    trial.bridge.write(Buffer.alloc(6 * 1024 * 1024));
    expect(await closingMs(trial)).toBeLessThan(1_000);
    for (const socket of host.sockets) socket.resume();
    expect(await host.gone).toMatch(/ECONNRESET|EPIPE/);
  });

  it('is cut off once, however often it is asked', async () => {
    const trial = await openedAt(host.port);
    const all = await Promise.all([closingMs(trial), closingMs(trial), closingMs(trial)]);
    expect(Math.max(...all)).toBeLessThan(1_000);
    expect(await closingMs(trial)).toBeLessThan(50);
    expect(trial.ends).toHaveLength(1);
  });
});

it('shows nothing of what comes after the end', async () => {
  const trial = await openedAt(host.port);
  const closing = trial.bridge.close();
  const received = trial.received();
  await closing;
  expect(trial.received()).toBe(received);
});

it('has nothing to close where nothing was dialled', async () => {
  const trial = trySsh(server.port, credential);
  trial.abort.abort();
  expect(await closingMs(trial)).toBeLessThan(500);
});

it('closes what it is still signing in at', async () => {
  let onAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const never = new Promise<never>(() => undefined);
  const trial = trySsh(host.port, credential, {
    verifyHostKey: () => {
      onAsked();
      return never;
    },
  });
  await asked;
  trial.abort.abort();
  expect(await closingMs(trial)).toBeLessThan(1_000);
  expect(await host.gone).toMatch(/ECONNRESET|EPIPE/);
});

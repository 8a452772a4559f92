// Contract: the portal asks the gateway over a socket that only this installation's user may open. Only the one question
// is answered, and a question that is broken, too long or slow costs an answer, not the process. What was asked is in no
// log and in no error; a gateway that is away, or answers nonsense, is `unavailable`.
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok, refuse } from '../errors.ts';
import type { Log } from '../log.ts';
import { askDrainState, askGatewayToOpen, listenControl, type OpenAnswer, type OpenRequest } from './control-socket.ts';

const launchId = '0190b6a0-0000-7000-8000-000000000001';
const password = 'a master password';
let folder: string;
let socketPath: string;
let asked: OpenRequest[];
let logged: string[];
let answer: (question: OpenRequest) => Promise<OpenAnswer>;
let door: { stop(): Promise<void> } | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sp-control-'));
  socketPath = join(folder, 'gateway.sock');
  asked = [];
  logged = [];
  answer = async () => ok({ sessionId: 'session-1' });
});
afterEach(async () => {
  await door?.stop();
  door = undefined;
  await rm(folder, { recursive: true });
});

const note = (message: string, fields?: object) =>
  void logged.push(
    `${message} ${JSON.stringify(fields, (_key, value) => (value instanceof Error ? String(value) : value))}`,
  );
const log: Log = { debug: note, info: note, warn: note, error: note };

async function listen(): Promise<void> {
  const open = (question: OpenRequest) => {
    asked.push(question);
    return answer(question);
  };
  door = await listenControl({ socketPath, log, open, drain: () => ({ isDraining: true, sessions: 3 }) });
}

type Raw = { method?: string; path?: string; body?: string };

function ask({
  method = 'POST',
  path = '/launches/open',
  body = '{}',
}: Raw): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false });
    sent.on('error', reject).on('response', async (response) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) });
    });
    sent.end(body);
  });
}

describe('the gateway', () => {
  it('is asked what the portal asks, and nothing more', async () => {
    await listen();
    const question = { launchId, password, cookieHeader: 'sallyport.session=x' };
    expect(await askGatewayToOpen(socketPath, question)).toEqual({ ok: true, value: { sessionId: 'session-1' } });
    await askGatewayToOpen(socketPath, { launchId, cookieHeader: undefined });
    await ask({ body: JSON.stringify({ launchId, isAdmin: true, unlock: 'x' }) });
    expect(asked).toEqual([question, { launchId }, { launchId }]);
  });

  it('answers a refusal as it is, with its numbers', async () => {
    answer = async () => refuse('too_many_attempts', { seconds: 7 });
    await listen();
    const refusal = { ok: false, code: 'too_many_attempts', params: { seconds: 7 } };
    expect(await askGatewayToOpen(socketPath, { launchId, password, cookieHeader: undefined })).toEqual(refusal);
  });

  it('is reached by nobody else, also where a killed one left its socket', async () => {
    await writeFile(socketPath, 'left behind');
    await listen();
    const { mode } = await stat(socketPath);
    expect(mode & 0o777).toBe(0o600);
    expect((await ask({ body: JSON.stringify({ launchId }) })).status).toBe(200);
  });

  it.each<[string, Raw, number]>([
    ['another address', { path: '/launches' }, 404],
    ['another method', { method: 'PUT' }, 404],
    ['no JSON', { body: '{' }, 400],
    ['nothing', { body: '' }, 400],
    ['no launch', { body: '{}' }, 400],
    ['a launch that is no id', { body: JSON.stringify({ launchId: '../1' }) }, 400],
    ['a password that is no text', { body: JSON.stringify({ launchId, password: ['x'] }) }, 400],
    ['a password without end', { body: JSON.stringify({ launchId, password: 'x'.repeat(5_000) }) }, 400],
    ['more than anybody asks', { body: JSON.stringify({ launchId, more: 'x'.repeat(70_000) }) }, 400],
  ])('that is sent %s opens nothing', async (_, raw, status) => {
    await listen();
    expect(await ask(raw)).toMatchObject({ status, body: { ok: false } });
    expect(asked).toEqual([]);
  });

  it('lives on through bytes that are no HTTP', async () => {
    await listen();
    const socket = connect(socketPath).on('error', () => undefined);
    socket.end(Buffer.from([0x16, 3, 1, 0, 255, 0, 0]));
    await once(socket.resume(), 'close');
    expect(await ask({ body: JSON.stringify({ launchId }) })).toMatchObject({ status: 200 });
  });

  it('that fails while it opens answers that it is not available, and logs no password', async () => {
    answer = async () => {
      throw new Error('broken inside');
    };
    await listen();
    const outcome = await askGatewayToOpen(socketPath, { launchId, password, cookieHeader: 'sallyport.session=x' });
    expect(outcome).toEqual({ ok: false, code: 'unavailable' });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('broken inside');
    for (const secret of [password, 'sallyport.session']) expect(logged[0]).not.toContain(secret);
  });

  it('stops although somebody waits for an answer, and takes no further question', async () => {
    let isAsked: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    answer = () => {
      isAsked();
      return new Promise(() => undefined);
    };
    await listen();
    const waiting = askGatewayToOpen(socketPath, { launchId, password, cookieHeader: undefined });
    await reached;
    await door?.stop();
    door = undefined;
    expect(await waiting).toEqual({ ok: false, code: 'unavailable' });
    expect(await askGatewayToOpen(socketPath, { launchId, cookieHeader: undefined })).toMatchObject({
      code: 'unavailable',
    });
  });
});

describe('the portal', () => {
  let other: Server;
  afterEach(() => {
    other.closeAllConnections();
    other.close();
  });

  it.each([
    ['no JSON', 'x'],
    ['another shape', '{"ok":true}'],
    ['neither yes nor no', '{"ok":"maybe","value":{"sessionId":"1"}}'],
    ['more than any answer is', JSON.stringify({ ok: true, value: { sessionId: 'x'.repeat(70_000) } })],
    ['nothing', ''],
  ])('that is answered %s takes it for no answer', async (_, said) => {
    other = createServer((message, response) => {
      message.resume().on('end', () => response.end(said));
    });
    other.listen(socketPath);
    await once(other, 'listening');
    expect(await askGatewayToOpen(socketPath, { launchId, password, cookieHeader: undefined })).toEqual({
      ok: false,
      code: 'unavailable',
    });
  });
});

describe('whoever owns the machine', () => {
  it('asks how the gateway stands', async () => {
    await listen();
    expect(await askDrainState(socketPath)).toEqual({ isDraining: true, sessions: 3 });
    expect(asked).toEqual([]);
  });

  it('is answered nothing where there is no gateway, or one that knows of no draining', async () => {
    expect(await askDrainState(socketPath)).toBeUndefined();
    const earlier = createServer((_request, response) =>
      response.writeHead(404).end('{"ok":false,"code":"not_found"}'),
    );
    await new Promise<void>((resolve) => earlier.listen(socketPath, resolve));
    expect(await askDrainState(socketPath)).toBeUndefined();
    await new Promise((resolve) => earlier.close(resolve));
  });

  it('asks, and says nothing', async () => {
    await listen();
    expect(await ask({ path: '/drain' })).toMatchObject({ status: 404 });
    expect(asked).toEqual([]);
  });
});

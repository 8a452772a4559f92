/**
 * Contract: a browser's bytes become frames; it must say its size in time, keep to the protocol and answer pings, or it
 * is closed with a sentence; whoever closes, `onGone` is told once and nothing throws.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type ClientFrame, encodeData, encodePing, encodeResize } from '../protocol/terminal-frames.ts';
import { TerminalSocket, type TerminalSocketTimes } from './terminal-socket.ts';

let server: WebSocketServer;
beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 64 * 1024 });
  await once(server, 'listening');
});
afterAll(() => server.close());

async function pair(times: Partial<TerminalSocketTimes> = {}, options = {}) {
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, options);
  const frames: ClientFrame[] = [];
  let gone = 0;
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
    [WebSocket],
    unknown,
  ];
  const events = {
    onFrame: (frame: ClientFrame) => frames.push(frame),
    onGone: () => {
      gone += 1;
    },
  };
  const socket = new TerminalSocket(accepted, events, times);
  const closed = once(client, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  return { client, socket, frames, closed, gone: () => gone };
}

describe('a terminal socket', () => {
  it('passes frames on, and answers a ping by itself', async () => {
    const { client, socket, frames, closed, gone } = await pair();
    client.send(encodeResize(80, 24));
    client.send(encodeData(Buffer.from('ls')));
    client.send(encodePing());
    const [answer] = await once(client, 'message');
    expect(answer).toEqual(Buffer.from(encodePing()));
    expect(frames.map(({ type }) => type)).toEqual(['resize', 'data']);
    socket.close();
    socket.close();
    socket.refuse('late');
    expect(await closed).toEqual({ code: 1000, reason: '' });
    socket.send(Buffer.from('late'));
    expect(gone()).toBe(1);
  });

  it('is closed when the size does not come in time', async () => {
    const { closed } = await pair({ firstFrameMs: 20 });
    expect(await closed).toEqual({ code: 1008, reason: 'The size of the terminal was expected within 5 s.' });
  });

  it('is dead after two pings without an answer', async () => {
    const { client, closed, gone } = await pair({ pingMs: 10 }, { autoPong: false });
    client.send(encodeResize(80, 24));
    expect((await closed).code).toBe(1006);
    await expect.poll(gone).toBe(1);
  });

  it('lives as long as it answers', async () => {
    const { client, closed, gone } = await pair({ pingMs: 5 });
    client.send(encodeResize(80, 24));
    for (let pings = 0; pings < 8; pings += 1) await once(client, 'ping');
    expect(gone()).toBe(0);
    client.terminate();
    await closed;
  });

  it('is cut off when it does not say goodbye', async () => {
    const { client, socket } = await pair({ goodbyeMs: 10 });
    client.pause();
    const cut = once(client, 'close');
    socket.refuse('enough');
    client.resume();
    await cut;
  });

  it('outlives frames that are too large for the library', async () => {
    const { client, closed, gone } = await pair();
    client.send(Buffer.alloc(65 * 1024));
    expect((await closed).code).toBe(1009);
    await expect.poll(gone).toBe(1);
  });
});

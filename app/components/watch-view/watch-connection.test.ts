// Contract: who looks says how much is shown, that they are there, and goodbye, and nothing else; every look begins the
// count anew; an end is told exactly once, over a real WebSocket.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket as PeerSocket, WebSocket, WebSocketServer } from 'ws';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeControl,
  encodeData,
  encodeScreen,
} from '#server/protocol/terminal-frames.ts';
import type { ConnectionSocket } from '../terminal-view/frame-socket.ts';
import { WatchConnection } from './watch-connection.ts';

let server: WebSocketServer;
let peer: PeerSocket;
let connection: WatchConnection;
let frames: (ClientFrame | undefined)[];
let seen: string[];
let unparsed: (() => void)[];

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const look = (outputFrom: number, screenBytes = 3) =>
  encodeControl({ type: 'look', columns: 80, rows: 24, outputFrom, screenBytes });

async function connect(pingMs?: number): Promise<void> {
  const accepted = new Promise<PeerSocket>((resolve) =>
    server.once('connection', (socket) => {
      socket.on('message', (data: Buffer) => frames.push(decodeClientFrame(data)));
      resolve(socket);
    }),
  );
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  connection = new WatchConnection(
    socket as unknown as ConnectionSocket,
    {
      onLook: ({ columns, rows }) => seen.push(`look ${columns}x${rows}`),
      onScreen: (bytes, parsed) => {
        seen.push(`screen ${text(bytes)}`);
        unparsed.push(parsed);
      },
      onOutput: (bytes, parsed) => {
        seen.push(`output ${text(bytes)}`);
        unparsed.push(parsed);
      },
      onSize: ({ columns, rows }) => seen.push(`size ${columns}x${rows}`),
      onEnd: ({ type }) => seen.push(type),
      onLost: () => seen.push('lost'),
    },
    pingMs,
  );
  peer = await accepted;
}

beforeEach(async () => {
  frames = [];
  seen = [];
  unparsed = [];
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
});

afterEach(async () => {
  connection.dispose();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

test('shows a screen and what follows, and acknowledges what was parsed of it', async () => {
  await connect();
  peer.send(look(1000));
  peer.send(encodeScreen(Buffer.from('abc')));
  peer.send(encodeData(Buffer.from('onward')));
  peer.send(encodeControl({ type: 'size', columns: 100, rows: 30 }));
  await expect.poll(() => seen).toEqual(['look 80x24', 'screen abc', 'output onward', 'size 100x30']);
  expect(frames).toEqual([]);
  unparsed[0]?.();
  await expect.poll(() => frames).toEqual([{ type: 'ack', parsedBytes: 1000 }]);
  unparsed[1]?.();
  await expect.poll(() => frames.at(-1)).toEqual({ type: 'ack', parsedBytes: 1006 });
});

test('says that it shows a screen when all of it was parsed, and an empty one at once', async () => {
  await connect();
  peer.send(look(1000, 6));
  peer.send(encodeScreen(Buffer.from('abc')));
  peer.send(encodeScreen(Buffer.from('def')));
  await expect.poll(() => unparsed.length).toBe(2);
  unparsed[0]?.();
  peer.send(look(2000, 0));
  await expect.poll(() => frames).toEqual([{ type: 'ack', parsedBytes: 2000 }]);
  unparsed[1]?.(); // The earlier screen is whole, too late.
  await expect.poll(() => frames.length).toBe(2);
  expect(frames.at(-1)).toEqual({ type: 'ack', parsedBytes: 1000 });
});

test('counts anew after a gap, and what was parsed late before it spoils nothing', async () => {
  await connect();
  peer.send(look(0));
  peer.send(encodeData(Buffer.from('old')));
  peer.send(look(5000));
  peer.send(encodeData(Buffer.from('new')));
  await expect.poll(() => unparsed.length).toBe(2);
  for (const parsed of unparsed) parsed();
  await expect
    .poll(() => frames)
    .toEqual([
      { type: 'ack', parsedBytes: 3 },
      { type: 'ack', parsedBytes: 5003 },
    ]);
});

test.each([
  ['ended', encodeControl({ type: 'ended', reason: 'closed' })],
  ['dismissed', encodeControl({ type: 'dismissed', text: 'No more.' })],
])('an end by %s is told once, and a closed socket after it is nothing new', async (type, frame) => {
  await connect();
  peer.send(frame);
  await expect.poll(() => seen).toEqual([type]);
  peer.close();
  await once(peer, 'close');
  expect(seen).toEqual([type]);
});

test('a socket that closes without a word is lost, once', async () => {
  await connect();
  peer.terminate();
  await expect.poll(() => seen).toEqual(['lost']);
});

test('a peer that does not answer is lost', async () => {
  await connect(20);
  await expect.poll(() => seen).toEqual(['lost']);
  await expect.poll(() => frames).toEqual([{ type: 'ping' }, { type: 'ping' }]);
});

test('leaves with a goodbye', async () => {
  await connect();
  peer.send(look(0));
  await expect.poll(() => seen).toEqual(['look 80x24']);
  connection.dispose();
  await expect.poll(() => frames).toEqual([{ type: 'control', control: { type: 'close' } }]);
});

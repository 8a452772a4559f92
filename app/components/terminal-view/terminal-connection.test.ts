// Contract: one side of the terminal protocol over a real WebSocket. The size is the first frame; output is acknowledged
// only when parsed; no frame is larger than the gateway takes; an end is told exactly once, and after it nothing is sent.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket as PeerSocket, WebSocket, WebSocketServer } from 'ws';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeControl,
  encodeData,
  encodePing,
  encodeScreen,
  encodeTaken,
  frameType,
  type ServerControl,
  terminalLimits,
  terminalSubprotocol,
} from '#server/protocol/terminal-frames.ts';
import type { ConnectionSocket } from './frame-socket.ts';
import type { SentInput } from './input-log.ts';
import { type Comeback, type ConnectionEvents, TerminalConnection } from './terminal-connection.ts';

let server: WebSocketServer;
let peer: PeerSocket;
let connection: TerminalConnection;
let frames: ClientFrame[];
let controls: ServerControl[];
let unparsed: { text: string; parsed: () => void }[];
let losses: number;
let screens: string[];
let taken: number[];
let wake: () => void;

/** Resolves when `condition` holds; looked at again whenever anything arrives on either side. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

const events: ConnectionEvents = {
  onOutput: (bytes, parsed) => {
    unparsed.push({ text: new TextDecoder().decode(bytes), parsed });
    wake();
  },
  onScreen: (bytes) => {
    screens.push(new TextDecoder().decode(bytes));
    wake();
  },
  onTaken: (inputBytes) => {
    taken.push(inputBytes);
    wake();
  },
  onControl: (control) => {
    controls.push(control);
    wake();
  },
  onLost: () => {
    losses += 1;
    wake();
  },
};

/** Opens a connection to a gateway of our own and waits for its first frame. */
async function open(options: { pingMs?: number; comeback?: Comeback } = {}): Promise<void> {
  frames = [];
  controls = [];
  unparsed = [];
  losses = 0;
  screens = [];
  taken = [];
  wake = () => {};
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => terminalSubprotocol });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const arrived = once(server, 'connection') as Promise<[PeerSocket]>;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/terminal`, [terminalSubprotocol, 'ticket.x']);
  connection = new TerminalConnection(
    socket as unknown as ConnectionSocket,
    { columns: 80, rows: 24 },
    events,
    options,
  );
  [peer] = await arrived;
  peer.on('message', (data: Buffer) => {
    const frame = decodeClientFrame(new Uint8Array(data));
    if (!frame) throw new Error('the gateway would have refused this frame');
    frames.push(frame);
    wake();
  });
  await until(() => frames.length > 0);
}

const keys = (text: string): SentInput => ({ kind: 'data', bytes: new TextEncoder().encode(text) });

beforeEach(() => open());

afterEach(close);

async function close() {
  connection.dispose();
  for (const client of server.clients) client.terminate();
  server.close();
  await once(server, 'close');
}

test('the first frame is the size, because the gateway waits for it', () => {
  expect(frames[0]).toEqual({ type: 'resize', columns: 80, rows: 24 });
});

test('keys and pastes arrive byte for byte, as what they are', async () => {
  connection.sendInput(keys('é\r'));
  connection.sendInput({ kind: 'paste', bytes: new Uint8Array([0x1b, 0xff]) });
  await until(() => frames.length === 3);
  expect(frames.slice(1)).toEqual([
    { type: 'data', bytes: new Uint8Array([0xc3, 0xa9, 0x0d]) },
    { type: 'paste', bytes: new Uint8Array([0x1b, 0xff]) },
  ]);
});

test('a browser that comes back says what it shows, and counts on from where output goes on', async () => {
  await close();
  await open({ comeback: { parsedBytes: 70 } });
  await until(() => frames.length === 2);
  expect(frames[1]).toEqual({ type: 'control', control: { type: 'attach', parsedBytes: 70 } });
  peer.send(encodeControl({ type: 'attached', outputFrom: 100, screenBytes: 3, inputTaken: 9 }));
  peer.send(encodeScreen(new TextEncoder().encode('abc')));
  peer.send(encodeTaken(12));
  peer.send(encodeData(new TextEncoder().encode('more')));
  await until(() => unparsed.length === 1);
  unparsed[0]?.parsed();
  await until(() => frames.length === 3);
  expect(frames[2]).toEqual({ type: 'ack', parsedBytes: 104 });
  expect({ screens, taken }).toEqual({ screens: ['abc'], taken: [12] });
});

test('a session that goes on elsewhere is no loss', async () => {
  peer.send(encodeControl({ type: 'detached' }));
  await until(() => controls.length === 1);
  peer.terminate();
  connection.dispose();
  expect(losses).toBe(0);
});

test('a size is clamped, and sent only when it changed', async () => {
  connection.resize({ columns: 80, rows: 24 });
  connection.resize({ columns: 9999, rows: 0 });
  connection.sendInput(keys('x'));
  await until(() => frames.some((frame) => frame.type === 'data'));
  expect(frames.slice(1)).toMatchObject([
    { type: 'resize', columns: terminalLimits.maxColumns, rows: terminalLimits.minRows },
    { type: 'data' },
  ]);
});

test('output is acknowledged when parsed, not when received', async () => {
  peer.send(encodeData(new TextEncoder().encode('hello')));
  peer.send(encodeData(new TextEncoder().encode(' world')));
  await until(() => unparsed.length === 2);
  expect(frames).toHaveLength(1);
  for (const { parsed } of unparsed) parsed();
  await until(() => frames.length === 2);
  expect(unparsed.map(({ text }) => text).join('')).toBe('hello world');
  expect(frames[1]).toEqual({ type: 'ack', parsedBytes: 11 });
});

test('after the end nothing is sent, whatever the screen still says', async () => {
  peer.send(encodeData(new TextEncoder().encode('\x1b[c')));
  peer.send(encodeControl({ type: 'ended', reason: 'revoked' }));
  await until(() => controls.length === 1);
  connection.sendInput(keys('answer to a report'));
  connection.sendInput({ kind: 'paste', bytes: new Uint8Array(3) });
  connection.resize({ columns: 100, rows: 30 });
  connection.say({ type: 'close' });
  for (const { parsed } of unparsed) parsed();
  const closed = once(peer, 'close');
  connection.dispose();
  await closed;
  expect(frames).toHaveLength(1);
  expect(losses).toBe(0);
});

test('a socket that closes without a word is a loss, told once', async () => {
  peer.terminate();
  await until(() => losses > 0);
  connection.dispose();
  expect(losses).toBe(1);
});

test('frames that are none, and text, are ignored', async () => {
  peer.send('text');
  peer.send(new Uint8Array([99, 1, 2]));
  peer.send(new Uint8Array([]));
  peer.send(new Uint8Array([3, 0x7b]));
  peer.send(encodeControl({ type: 'notice', text: 'still here' }));
  await until(() => controls.length === 1);
  expect(controls).toEqual([{ type: 'notice', text: 'still here' }]);
});

test('a gateway that answers pings keeps its connection', async () => {
  await close();
  await open({ pingMs: 10 });
  peer.on('message', (data: Buffer) => data[0] === frameType.ping && peer.send(encodePing()));
  await until(() => frames.filter((frame) => frame.type === 'ping').length === 6);
  expect(losses).toBe(0);
});

test('a gateway that has gone silent is a loss, though no socket was closed', async () => {
  await close();
  await open({ pingMs: 10 });
  await until(() => losses > 0);
  expect(frames.filter((frame) => frame.type === 'ping')).toHaveLength(2);
});

/**
 * A browser keeps its session through lost connections: it comes back by itself within the grace period, says what it
 * shows, sends again what was not taken and nothing else, and tells when there is no way back. Over real WebSockets.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WebSocket as PeerSocket, WebSocket, WebSocketServer } from 'ws';
import {
  type ClientFrame,
  decodeClientFrame,
  encodeControl,
  encodeData,
  encodeScreen,
  encodeTaken,
  type ServerControl,
  terminalSubprotocol,
} from '#server/protocol/terminal-frames.ts';
import type { ConnectionSocket } from './frame-socket.ts';
import { SessionLink, type Ticket } from './session-link.ts';

type Peer = { socket: PeerSocket; frames: ClientFrame[] };

let server: WebSocketServer;
let peers: Peer[];
let link: SessionLink;
let said: string[];
let tickets: () => Ticket;
let network: EventTarget;
let wake: () => void;

const opened: ServerControl = {
  type: 'opened',
  computer: 'web-1',
  account: 'deploy',
  recorded: false,
  allowCopy: false,
  allowPaste: true,
  graceSeconds: 60,
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function say(text: string): void {
  said.push(text);
  wake();
}

beforeEach(async () => {
  peers = [];
  said = [];
  wake = () => undefined;
  network = new EventTarget();
  tickets = () => ({ ok: true, ticket: 't', purpose: peers.length === 0 ? 'open' : 'attach' });
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => terminalSubprotocol });
  server.on('connection', (socket) => {
    const peer: Peer = { socket, frames: [] };
    peers.push(peer);
    socket.on('message', (data: Buffer) => {
      const frame = decodeClientFrame(new Uint8Array(data));
      if (frame) peer.frames.push(frame);
      wake();
    });
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = {
    getTicket: async () => tickets(),
    openSocket: (ticket: string) =>
      new WebSocket(`ws://127.0.0.1:${port}`, [terminalSubprotocol, `ticket.${ticket}`]) as unknown as ConnectionSocket,
    size: () => ({ columns: 80, rows: 24 }),
    network,
  };
  link = new SessionLink(options, {
    onOutput: (bytes, parsed) => {
      say(`output ${new TextDecoder().decode(bytes)}`);
      parsed();
    },
    onScreenBegins: () => say('screen begins'),
    onScreen: (bytes) => say(`screen ${new TextDecoder().decode(bytes)}`),
    onControl: ({ type }) => say(type),
    onReconnecting: () => say('reconnecting'),
    onOver: (why) => say(`over ${why.type === 'lost' ? 'lost' : why.sentence}`),
  });
});

afterEach(async () => {
  link.dispose();
  for (const client of server.clients) client.terminate();
  server.close();
  await once(server, 'close');
});

const inputOf = ({ frames }: Peer) =>
  frames.flatMap((frame) =>
    frame.type === 'data' || frame.type === 'paste' ? [Buffer.from(frame.bytes).toString()] : [],
  );

async function opens(): Promise<Peer> {
  await link.connect();
  await until(() => (peers[0]?.frames.length ?? 0) > 0);
  const [peer] = peers;
  if (!peer) throw new Error('Nobody connected.');
  peer.socket.send(encodeControl(opened));
  await until(() => said.includes('opened'));
  return peer;
}

async function comesBack(n: number): Promise<Peer> {
  await until(() => (peers[n]?.frames.length ?? 0) >= 2);
  const peer = peers[n];
  if (!peer) throw new Error('Nobody came back.');
  return peer;
}

const attached = (more: object = {}): ServerControl => ({
  type: 'attached',
  outputFrom: 0,
  screenBytes: 0,
  inputTaken: 0,
  ...more,
});

describe('a lost connection', () => {
  test('is made again, and goes on where it was, with the input that was not taken', async () => {
    const first = await opens();
    first.socket.send(encodeData(new TextEncoder().encode('hello')));
    link.sendKeys('abc');
    await until(() => inputOf(first).length === 1 && said.includes('output hello'));
    first.socket.send(encodeTaken(2));
    link.sendPaste(new TextEncoder().encode('de'));
    await until(() => inputOf(first).length === 2);
    first.socket.terminate();
    await until(() => said.includes('reconnecting'));
    const second = await comesBack(1);
    expect(second.frames[1]).toEqual({ type: 'control', control: { type: 'attach', parsedBytes: 5 } });
    second.socket.send(encodeControl(attached({ outputFrom: 5, inputTaken: 2 })));
    await until(() => inputOf(second).length === 2);
    expect(second.frames.slice(2).map(({ type }) => type)).toEqual(['data', 'paste']);
    expect(inputOf(second).join('')).toBe('cde');
  });

  test('shows the screen as it is when the output went on too far', async () => {
    const first = await opens();
    first.socket.terminate();
    const second = await comesBack(1);
    second.socket.send(encodeControl(attached({ outputFrom: 900, screenBytes: 4 })));
    second.socket.send(encodeScreen(new TextEncoder().encode('now!')));
    second.socket.send(encodeData(new TextEncoder().encode('on')));
    await until(() => said.includes('output on'));
    expect(said.slice(-4)).toEqual(['screen begins', 'attached', 'screen now!', 'output on']);
    second.socket.terminate();
    const third = await comesBack(2);
    expect(third.frames[1]).toMatchObject({ control: { type: 'attach', parsedBytes: 902 } });
  });

  test('is tried again while nobody answers, and at once when the network is back', async () => {
    const first = await opens();
    let asked = 0;
    tickets = () => {
      asked += 1;
      wake();
      return { ok: false, sentence: 'Nobody answers.', isFinal: false };
    };
    first.socket.terminate();
    await until(() => asked >= 2);
    tickets = () => ({ ok: true, ticket: 't', purpose: 'attach' });
    network.dispatchEvent(new Event('online'));
    await comesBack(1);
  });

  test('ends when the session is over', async () => {
    const first = await opens();
    tickets = () => ({ ok: false, sentence: 'This session has ended.', isFinal: true });
    first.socket.terminate();
    await until(() => said.includes('over This session has ended.'));
  });

  test('is the end where the policy gives no time', async () => {
    await link.connect();
    await until(() => (peers[0]?.frames.length ?? 0) > 0);
    peers[0]?.socket.send(encodeControl({ ...opened, graceSeconds: 0 }));
    await until(() => said.includes('opened'));
    expect(link.endsWithBrowser).toBe(true);
    peers[0]?.socket.terminate();
    await until(() => said.includes('over lost'));
    expect(peers).toHaveLength(1);
  });
});

describe('a new page', () => {
  test('of a session that runs asks for its screen, and sends nothing again', async () => {
    tickets = () => ({ ok: true, ticket: 't', purpose: 'attach' });
    await link.connect();
    const peer = await comesBack(0);
    expect(peer.frames[1]).toEqual({ type: 'control', control: { type: 'attach', parsedBytes: null } });
    peer.socket.send(encodeControl(opened));
    peer.socket.send(encodeControl(attached({ outputFrom: 50, inputTaken: 1000 })));
    await until(() => said.includes('attached'));
    link.sendKeys('x');
    await until(() => inputOf(peer).length === 1);
    peer.socket.terminate();
    const next = await comesBack(1);
    next.socket.send(encodeControl(attached({ outputFrom: 50, inputTaken: 1001 })));
    link.sendKeys('y');
    await until(() => inputOf(next).length === 1);
    expect(inputOf(next)).toEqual(['y']);
  });

  test('keeps what is typed before the session answers, and sends it then', async () => {
    tickets = () => ({ ok: true, ticket: 't', purpose: 'attach' });
    await link.connect();
    const peer = await comesBack(0);
    link.sendKeys('early');
    peer.socket.send(encodeControl(attached({ inputTaken: 7 })));
    await until(() => inputOf(peer).length === 1);
    expect(peer.frames.map(({ type }) => type)).toEqual(['resize', 'control', 'data']);
    expect(inputOf(peer)).toEqual(['early']);
  });

  test('that is refused says why', async () => {
    tickets = () => ({ ok: false, sentence: 'Access expired.', isFinal: true });
    await link.connect();
    expect(said).toEqual(['over Access expired.']);
  });
});

test('a session that was taken over stays where it is', async () => {
  const first = await opens();
  first.socket.send(encodeControl({ type: 'detached' }));
  await until(() => said.includes('detached'));
  first.socket.terminate();
  link.sendKeys('x');
  expect(said).not.toContain('reconnecting');
  expect(peers).toHaveLength(1);
});

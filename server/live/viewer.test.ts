/**
 * Contract: a browser that looks is sent another screen only after it has said that it shows the one before, whatever
 * the network between has swallowed; what it says about an older screen is not about this one. Over a real WebSocket.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { AuthorizedView } from '../launch/authorized-connection.ts';
import { encodeScreen } from '../protocol/terminal-frames.ts';
import { Browser } from './testing/browser.ts';
import { Viewer } from './viewer.ts';

let server: WebSocketServer;
let browser: Browser;
let viewer: Viewer;
let waitings: number;

beforeEach(async () => {
  waitings = 0;
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  browser = new Browser(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  browser.acks = false;
  const [[socket]] = await Promise.all([accepted, browser.opened()]);
  const onWaiting = () => {
    waitings += 1;
  };
  viewer = new Viewer(socket, {} as AuthorizedView, { onWaiting, onGone: () => undefined });
});
afterEach(async () => {
  browser.leave();
  await browser.closed;
  await new Promise((resolve) => server.close(resolve));
});

async function show(offset: number, screen: string): Promise<void> {
  const restore = Buffer.from(screen);
  viewer.show({ columns: 80, rows: 24, offset, restore }, screen ? [encodeScreen(restore)] : []);
  await expect.poll(() => browser.screen().toString()).toBe(screen);
}

/** Everything that the browser said so far was heard. */
async function heard(): Promise<void> {
  browser.socket.ping();
  await once(browser.socket, 'pong');
}

const isWaiting = () => viewer.isWaiting;

it('waits for a screen from the beginning', () => {
  expect([viewer.isWaiting, viewer.isLive]).toEqual([true, false]);
});

it.each(['small', 'x'.repeat(200_000), ''])('gets no other before it shows the first', async (screen) => {
  await show(1000, screen);
  viewer.fallBehind();
  expect([viewer.isWaiting, viewer.isLive, waitings]).toEqual([false, false, 0]);
  browser.ack(1000);
  await expect.poll(isWaiting).toBe(true);
  expect(waitings).toBe(1);
});

it('gets no third one for what it says about the first', async () => {
  await show(1000, 'first');
  browser.ack(1000);
  viewer.fallBehind();
  await expect.poll(isWaiting).toBe(true);
  await show(5000, 'second');
  viewer.fallBehind();
  browser.ack(1000);
  browser.ack(4999);
  await heard();
  expect(waitings).toBe(1);
  browser.ack(5000);
  await expect.poll(isWaiting).toBe(true);
  expect(waitings).toBe(2);
});

it('gets a new one when it shows the last and all that followed', async () => {
  await show(1000, 'screen');
  viewer.output(encodeScreen(Buffer.alloc(40_000)), 40_000);
  browser.ack(1000);
  viewer.fallBehind();
  browser.ack(1001);
  await heard();
  expect(waitings).toBe(0);
  browser.ack(41_000);
  await expect.poll(isWaiting).toBe(true);
  expect(waitings).toBe(1);
});

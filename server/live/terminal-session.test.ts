/**
 * Contract: a person works at a real host through a real socket; every byte of output reaches the recording and the
 * screen, unchanged and in order; a browser that is slow, silent or hostile holds back or loses its own session only;
 * and however a session ends, its row, its recording, its evidence and its screen say the same thing, once.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeAck, encodeData, pauseAboveBytes } from '../protocol/terminal-frames.ts';
import { Browser } from './testing/browser.ts';
import { type LiveRig, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
const dir = mkdtempSync(join(tmpdir(), 'sp-flood-'));
const line = 'zażółć gęślą jaźń – 漢字 🚪 0123456789\n';
const flood = Buffer.from(line.repeat(Math.ceil((20 * 1024 * 1024) / Buffer.byteLength(line))));
const file = join(dir, 'flood.txt');
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const recorded = { recording: 'required' } as const;
/** Prints the flood between two marks; `-opost` keeps the terminal from turning LF into CR LF. */
const floodCommand = `stty -opost; printf 'be%s' gin; cat ${file}; printf 'fin%s' ished; stty opost\r`;

function betweenMarks(all: Buffer): Buffer {
  const start = all.indexOf('begin') + 5;
  return all.subarray(start, all.indexOf('finished', start));
}

beforeAll(async () => {
  writeFileSync(file, flood);
  chmodSync(dir, 0o755);
  rig = await startLiveRig();
});
afterAll(async () => {
  await rig?.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the road', () => {
  it('opens, works, exits, and leaves a sealed recording and its evidence', async () => {
    const { session, browser } = await rig.open({ policy: recorded });
    const opened = await browser.control('opened');
    expect(opened).toMatchObject({ account: rig.account, recorded: true, allowCopy: false, allowPaste: false });
    browser.type('stty size; echo si$((40+2))gn\r');
    await browser.saw('24 80');
    await browser.saw('si42gn');
    browser.resize(100, 30);
    browser.type('stty size\r');
    await browser.saw('30 100');
    expect((await rig.row(session.id)).state).toBe('active');
    browser.type('exit 3\r');
    expect(await browser.ended()).toEqual({ type: 'ended', reason: 'exited', exitStatus: 3 });
    expect((await browser.closed).code).toBe(1000);

    const row = await rig.endedRow(session.id);
    expect(row).toMatchObject({ state: 'ended', endReason: 'exited', exitStatus: 3 });
    expect(row.bytesOut).toBe(browser.receivedBytes);
    expect(row.bytesIn).toBeGreaterThan(20);
    const recording = await rig.recordingRow(session.id);
    expect(recording).toMatchObject({ state: 'sealed', sealReason: 'exited' });
    const kinds = (await rig.audit(session.id)).map(({ kind }) => kind).filter((kind) => kind !== 'recording.segment');
    expect(kinds).toEqual(['session.opened', 'session.ended', 'recording.sealed']);

    const folder = join(rig.recordingsDir, recording!.path);
    const events = readFileSync(join(folder, 'events.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(events.map(({ type }) => type)).toEqual(['start', 'resize', 'exit']);
    expect(events[0]).toMatchObject({ columns: 80, rows: 24, account: rig.account, personId: session.actor.person.id });
    expect(events[2]).toMatchObject({ reason: 'exited', exitStatus: 3 });
    expect(browser.controls.map((control) => ('step' in control ? control.step : control.type))).toEqual([
      'recorder',
      'connecting',
      'signing-in',
      'opened',
      'ended',
    ]);
  });

  it('carries 20 MB to the screen and to the recording, byte for byte', async () => {
    const { session, browser } = await rig.open({ policy: recorded });
    await browser.control('opened');
    browser.type(floodCommand);
    await browser.saw('finished');
    expect(digest(betweenMarks(browser.output()))).toBe(digest(flood));
    browser.close();
    expect((await browser.ended()).reason).toBe('closed');
    const { path } = (await rig.recordingRow(session.id))!;
    const typescript = readFileSync(join(rig.recordingsDir, path, 'typescript'));
    expect(digest(betweenMarks(typescript))).toBe(digest(flood));
  }, 40_000);
});

describe('a browser that does not keep up', () => {
  it('holds its host back, not the others, and gets the rest when it goes on', async () => {
    const { browser } = await rig.open();
    await browser.control('opened');
    browser.acks = false;
    browser.type(floodCommand);
    await browser.received(pauseAboveBytes);
    const other = await rig.open();
    await other.browser.control('opened');
    for (const n of [1, 2, 3]) {
      other.browser.type(`echo o$((${n}+10))o\r`);
      await other.browser.saw(`o${n + 10}o`);
    }
    expect(browser.receivedBytes).toBeLessThan(pauseAboveBytes + 128 * 1024);
    expect(execFileSync('pgrep', ['-u', rig.account, '-x', 'cat']).toString().trim()).not.toBe('');
    browser.acks = true;
    browser.ack();
    await browser.saw('finished');
    expect(digest(betweenMarks(browser.output()))).toBe(digest(flood));
  }, 40_000);

  it('does not keep an ended session from ending', async () => {
    const { session, browser } = await rig.open();
    await browser.control('opened');
    browser.acks = false;
    browser.type(`cat ${file}; exit 5\r`);
    await browser.received(pauseAboveBytes);
    execFileSync('pkill', ['-KILL', '-u', rig.account, '-x', 'bash']);
    expect((await browser.ended()).reason).toBe('exited');
    expect((await rig.endedRow(session.id)).state).toBe('ended');
  });
});

describe('a browser that does not keep to the protocol', () => {
  it.each([
    ['acknowledges more than was sent', () => encodeAck(1e9), 'More was acknowledged than was sent.'],
    ['sends something else', () => Buffer.from([99]), 'This is not a terminal frame.'],
    ['sends nothing in a frame', () => Buffer.alloc(0), 'This is not a terminal frame.'],
    ['sends text', () => 'hello', 'This is not a terminal frame.'],
  ])('%s, and is sent away', async (_, frame, reason) => {
    const { session, browser } = await rig.open();
    await browser.control('opened');
    browser.socket.send(frame());
    expect(await browser.closed).toEqual({ code: 1008, reason });
    await expect.poll(async () => (await rig.row(session.id)).endReason).toBe('left');
  });

  it('must say its size first', async () => {
    const session = await rig.session();
    const browser = new Browser(session.url);
    browser.socket.on('open', () => browser.socket.send(encodeData(Buffer.from('ls\r'))));
    expect(await browser.closed).toEqual({ code: 1008, reason: 'The size of the terminal must come first.' });
  });

  it('harms nobody else with garbage of any kind', async () => {
    const { browser: bystander } = await rig.open();
    await bystander.control('opened');
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(frames, async (garbage) => {
        const session = await rig.session();
        const browser = await Browser.open(session.url);
        for (const frame of garbage) browser.socket.send(frame);
        browser.socket.send(Buffer.from([255]));
        await browser.closed;
      }),
      { numRuns: 25 },
    );
    bystander.type('echo st$((1))ll\r');
    await bystander.saw('st1ll');
  });
});

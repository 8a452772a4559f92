/**
 * Contract: keys reach the host; a paste does where the policy allows it and is refused, told and audited where it does
 * not; input is recorded only where the policy says so, and never what the host does not echo.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from './testing/browser.ts';
import { type LiveRig, type LiveSession, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(async () => rig?.close());

async function eventsAfter(session: LiveSession, browser: Browser) {
  browser.close();
  await browser.ended();
  const { path } = (await rig.recordingRow(session.id))!;
  const lines = readFileSync(join(rig.recordingsDir, path, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as { type: string; text?: string; bytes?: number; allowed?: boolean });
}

/** Types as a person does: the next key when the last one was echoed. */
async function typeSlowly(browser: Browser, text: string): Promise<void> {
  for (const key of text) {
    browser.type(key);
    await browser.saw(key);
  }
  browser.type('\r');
}

it('pastes where the policy allows it, and records that it did', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required', allowPaste: true } });
  await browser.control('opened');
  browser.paste('echo pas$((1))ed\r');
  await browser.saw('pas1ed');
  expect((await eventsAfter(session, browser)).filter(({ type }) => type === 'paste')).toMatchObject([
    { bytes: 17, allowed: true },
  ]);
});

it('refuses a paste elsewhere: nothing reaches the host, the person is told, the evidence says how much', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required' } });
  await browser.control('opened');
  const pastes = Array.from({ length: 50 }, (_, i) => `echo smug$((${i}))gled\r`);
  for (const paste of pastes) browser.paste(paste);
  expect((await browser.control('notice')).text).toBe('Pasting is not allowed in this session.');
  browser.type('echo do$((1))ne\r');
  await browser.saw('do1ne');
  expect(browser.output().toString()).not.toContain('gled');
  const events = await eventsAfter(session, browser);
  const refused = events.filter(({ type }) => type === 'paste');
  expect(refused.every(({ allowed }) => allowed === false)).toBe(true);
  expect(refused.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(pastes.join('').length);
  const audited = (await rig.audit(session.id)).filter(({ kind }) => kind === 'session.paste_refused');
  expect(audited.length).toBeLessThanOrEqual(3);
});

it('records input only where the policy says so', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required', recordInput: false } });
  await browser.control('opened');
  await typeSlowly(browser, 'id');
  await browser.saw('uid=');
  expect((await eventsAfter(session, browser)).filter(({ type }) => type === 'input')).toEqual([]);
});

it('never records what the host does not echo', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required', recordInput: true } });
  await browser.control('opened');
  await browser.saw('$ ');
  await typeSlowly(browser, 'read -s -p pw: x; echo got$?');
  await browser.saw('pw:');
  browser.type('hunter2\r');
  await browser.saw('got0');
  await browser.saw('$ ');
  await typeSlowly(browser, 'id');
  await browser.saw('uid=');
  const texts = (await eventsAfter(session, browser)).filter(({ type }) => type === 'input').map(({ text }) => text);
  expect(texts).toEqual(['read -s -p pw: x; echo got$?', 'id']);
});

it('resizes the terminal a few times of a flood, and to the last size in the end', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required' } });
  await browser.control('opened');
  for (let n = 0; n < 2_000; n += 1) browser.resize(100 + (n % 300), 30);
  browser.resize(123, 45);
  browser.type('while [ "$(stty size)" != "45 123" ]; do :; done; echo la$((1))st\r');
  await browser.saw('la1st');
  const resizes = (await eventsAfter(session, browser)).filter(({ type }) => type === 'resize');
  expect(resizes.at(-1)).toMatchObject({ columns: 123, rows: 45 });
  expect(resizes.length).toBeLessThan(200);
});

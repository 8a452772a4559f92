/**
 * The secret that a session was given is known to it in memory alone, and yet never stands in what is searched of it:
 * its prints are kept from the moment the session opens, and the text that is gathered afterwards has a mask in its
 * place. What was typed where nothing is echoed is not there either. Over a real sshd, with a real recorder.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { indexRecording } from '../recording/index-recording.ts';
import { maskText } from '../recording/line-masking.ts';
import { isPrintedWith, printKey } from '../recording/secret-prints.ts';
import { type LiveRig, startLiveRig } from './testing/live-rig.ts';

let rig: LiveRig;
beforeAll(async () => {
  rig = await startLiveRig();
});
afterAll(async () => rig?.close());

it('a session leaves prints of its secret, and text without it', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'required' } });
  await browser.control('opened');
  const line = rig.secretLines[1] ?? '';
  expect(line.length).toBeGreaterThan(20);
  browser.type(`stty -echo; echo wai""ting; IFS= read -r word; echo "got \${#word}"\r`);
  await browser.saw('waiting\r\n');
  browser.type('a master password typed in the wrong place\r');
  await browser.saw('got 42\r\n');
  browser.type(`stty echo; echo 'key ${line} shown'; exit\r`);
  await browser.ended();
  await rig.endedRow(session.id);

  const row = await rig.recordingRow(session.id);
  const key = printKey(rig.ctx.keyring.authSecret, session.id);
  const prints = row?.secretPrints ?? [];
  expect(isPrintedWith(key, prints)).toBe(true);
  expect(JSON.stringify(prints)).not.toContain(line);
  const typescript = readFileSync(join(rig.recordingsDir, row?.path ?? '', 'typescript'), 'utf8');
  expect(typescript).toContain(line); // The evidence is as it was.

  const order = { root: rig.recordingsDir, path: row?.path ?? '', sealed: undefined, text: { key, prints } };
  const text = (await indexRecording(order)).text?.lines.map((each) => each.text).join('\n');
  expect(text).toContain(`key ${maskText} shown`);
  expect(text).not.toContain(line);
  expect(text).not.toContain('wrong place');
});

it('a session with a password leaves prints of that', async () => {
  const secret = { type: 'password', password: 'open sesame, twice' } as const;
  const { session, browser } = await rig.open({ policy: { recording: 'required' }, secret });
  await browser.ended();
  await rig.endedRow(session.id);
  const prints = (await rig.recordingRow(session.id))?.secretPrints ?? [];
  expect(prints.map(({ length }) => length)).toEqual([0, secret.password.length]);
  expect(JSON.stringify(prints)).not.toContain('sesame');
});

it('a session that is not recorded leaves none', async () => {
  const { session, browser } = await rig.open({ policy: { recording: 'off' } });
  await browser.control('opened');
  browser.close();
  await rig.endedRow(session.id);
  expect(await rig.recordingRow(session.id)).toBeUndefined();
});

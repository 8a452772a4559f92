/**
 * On the page of a session an auditor has the recording proven: it is read whole by the gateway, found intact, and after
 * somebody altered a byte of it found out, with the segment named; both stay with the session. The same recording comes
 * as an asciicast, and its text leaves the replay only where the policy of the session allows copying.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import { arrange, expect, test } from './test.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { PlayerPage } from './testbed/pages.ts';

test('a recording is proven with the button, and tampering is named', async ({ house, browserOf }) => {
  const { admin, stack } = house;
  const { person, computer } = await arrange(house);
  const { sessionId, terminal } = await (await house.visitor(person)).open(computer.guid);
  terminal.type("printf 'sum-%s grün 🦀\\n' $((40 + 2)); exit\n");
  await terminal.ended();
  const { path } = await untilEnded(admin.ctx, sessionId);
  // The live session counted what its recording holds.
  const readPlayable = async () =>
    (await admin.ctx.connection.sql`select playable from recordings where session_id = ${sessionId}`)[0]?.playable;
  await expect.poll(readPlayable).toBe('playable');

  const auditor = await browserOf(house.login('auditor'), { permissions: ['clipboard-read', 'clipboard-write'] });
  await auditor.goto(`/sessions/${sessionId}`);
  const player = new PlayerPage(auditor);
  await expect(player.position).toBeVisible(); // the page listens to clicks from then on
  const verify = auditor.getByTestId('verify');
  await verify.getByRole('button', { name: 'Verify' }).click();
  await expect(verify).toContainText(/The recording is intact: 1 segment, every byte as it was sealed\./);
  await expect(verify).toContainText('Compared with 2 heads in the audit log.');

  await player.seek(await player.durationMs());
  await expect(player.screen).toContainText('sum-42');
  await auditor.evaluate(() => navigator.clipboard.writeText('untouched'));
  await selectWord(player.screen.locator('div').filter({ hasText: 'sum-42' }).last());
  await auditor.keyboard.press('Control+C');
  await expect(auditor.getByText('The policy of this session does not allow copying.')).toBeVisible();
  expect(await auditor.evaluate(() => navigator.clipboard.readText())).toBe('untouched');

  const downloading = auditor.waitForEvent('download');
  await auditor.getByRole('link', { name: 'Download asciicast' }).click();
  const [header = '', ...events] = (await readFile(await (await downloading).path(), 'utf8')).trimEnd().split('\n');
  expect(JSON.parse(header)).toMatchObject({ version: 2, width: expect.any(Number), height: expect.any(Number) });
  const shown = events.map((line) => JSON.parse(line)).map(([, code, data]) => (code === 'o' ? data : ''));
  expect(shown.join('')).toContain('sum-42 grün 🦀');

  const typescript = join(stack.recordingsDir, path ?? '', 'typescript');
  const bytes = await readFile(typescript);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
  await writeFile(typescript, bytes);
  await auditor.reload();
  await expect(verify).toContainText('Found intact on');
  await expect(player.position).toBeVisible();
  await verify.getByRole('button', { name: 'Verify' }).click();
  await expect(verify.getByRole('alert')).toContainText(/Segment 1: typescript was changed between byte 0 and byte/);
  await auditor.reload();
  await expect(verify).toContainText('Not proven intact on');
  const found = await auditOf(admin.ctx, sessionId, 'recording.verified');
  expect(found.map(({ subject }) => subject.state)).toEqual(['intact', 'tampered']);
  expect((await stack.verify(sessionId)).text).toContain('Segment 1: typescript was changed');
});

test('where the policy lets copy, an auditor may copy out of the replay', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house, { allowCopy: true });
  const { sessionId, terminal } = await (await house.visitor(person)).open(computer.guid);
  terminal.type('clear; echo copied-$((40 + 2)); exit\n');
  await terminal.ended();
  await untilEnded(house.admin.ctx, sessionId);

  const auditor = await browserOf(house.login('auditor'), { permissions: ['clipboard-read', 'clipboard-write'] });
  await auditor.goto(`/sessions/${sessionId}`);
  const player = new PlayerPage(auditor);
  await player.seek(await player.durationMs());
  await selectWord(player.screen.locator('div').filter({ hasText: 'copied-42' }).last());
  await auditor.keyboard.press('Control+C');
  await expect.poll(() => auditor.evaluate(() => navigator.clipboard.readText())).toContain('copied');
});

/** The first word of a line of the terminal, as the mouse selects it. */
async function selectWord(line: Locator): Promise<void> {
  await expect(line).toBeVisible();
  await line.scrollIntoViewIfNeeded();
  const box = await line.boundingBox();
  if (!box) throw new Error('The line is not shown.');
  await line.page().mouse.dblclick(box.x + 12, box.y + box.height / 2);
}

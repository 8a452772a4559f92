/**
 * Text passes the clipboard in the directions that the policy allows and in no other. The screen says what is refused;
 * for pasting the gateway holds to it as well, whatever the browser does.
 */
import { arrange, expect, test } from './test.ts';
import { auditOf } from './testbed/evidence.ts';
import { dialog, openTerminal } from './testbed/pages.ts';

test('under a policy that allows it, text comes and goes', async ({ house, browserOf }) => {
  const { person, computer } = await arrange(house, { allowCopy: true, allowPaste: true });
  const page = await browserOf(person, { permissions: ['clipboard-read', 'clipboard-write'] });
  const terminal = await openTerminal(page, computer.name);
  await terminal.paste('echo pasted-$((40 + 2))');
  await terminal.press('Enter');
  await terminal.shows('pasted-42');

  await terminal.paste('echo first-$((1 + 1))\necho second-$((2 + 2))');
  await expect(dialog(terminal.page)).toContainText('Paste 2 lines?');
  await dialog(terminal.page).getByRole('button', { name: 'Paste' }).click();
  await terminal.press('Enter');
  await terminal.shows('first-2');
  await terminal.shows('second-4');

  await terminal.selectAll();
  await terminal.press('Control+Shift+C');
  await expect.poll(() => terminal.page.evaluate(() => navigator.clipboard.readText())).toContain('pasted-42');
});

test('under a policy that denies it, neither: the screen says so, and the gateway holds to it', async ({
  house,
  browserOf,
}) => {
  const { person, computer } = await arrange(house);
  const page = await browserOf(person, { permissions: ['clipboard-read', 'clipboard-write'] });
  const terminal = await openTerminal(page, computer.name);
  await terminal.paste('echo pasted-$((40 + 2))');
  await expect(terminal.page.getByText('The policy of this session does not allow pasting.')).toBeVisible();
  await terminal.line('echo typed-$((40 + 2))');
  await terminal.shows('typed-42');
  await terminal.showsNot('pasted');

  await terminal.page.evaluate(() => navigator.clipboard.writeText('untouched'));
  await terminal.selectAll();
  await terminal.press('Control+Shift+C');
  await expect(terminal.page.getByText('The policy of this session does not allow copying.')).toBeVisible();
  expect(await terminal.page.evaluate(() => navigator.clipboard.readText())).toBe('untouched');

  const client = await (await house.visitor(person)).open(computer.guid);
  client.terminal.paste('echo pasted-$((40 + 2))\n');
  expect(await client.terminal.control('notice')).toMatchObject({ text: 'Pasting is not allowed in this session.' });
  client.terminal.type('exit\n');
  await client.terminal.ended();
  expect(client.terminal.output().toString()).not.toContain('pasted');
  expect(await auditOf(house.admin.ctx, client.sessionId, 'session.paste_refused')).toHaveLength(1);
});

/**
 * Contract: an administrator sees what a table of computers would do before anything is done, and imports it then. A
 * computer that is pointed elsewhere is no way to its password: connecting is refused until a second administrator has
 * looked at where it would go and confirmed it. Further servers, credentials with their levels and host keys are kept on the
 * page of a computer.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { arrange, expect, test } from './test.ts';
import { newName } from './testbed/administration.ts';
import { choose, connect, dialog, row, shopItem, startLaunch } from './testbed/pages.ts';

test('a table of computers is looked at line by line, mended, and imported', async ({ house, browserOf }, info) => {
  const page = await browserOf(house.login('admin'));
  const [one, two] = [newName('Imported'), newName('Imported')];
  const file = info.outputPath('computers.csv');
  const write = (...lines: string[]) =>
    writeFileSync(file, `\ufeffName;Server;Port;Notes\r\n${lines.join('\r\n')}\r\n`);
  const pick = async () => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a file' }).click();
    await (await chooser).setFiles(file);
  };
  await page.goto('/computers/import');

  await test.step('what is wrong is named with its line, and nothing can be imported', async () => {
    write(`${one};192.0.2.50;2222;"Two\nlines; of notes"`, `${two};root@192.0.2.51;;`);
    await pick();
    await expect(page.getByText('One line is wrong, so nothing can be imported yet.')).toBeVisible();
    const wrong = row(page, 'Lines of the file', two);
    await expect(wrong).toContainText('the user name belongs to the credential');
    await expect(wrong.getByRole('cell').first()).toContainText('4');
    await expect(page.getByRole('button', { name: /^Import \d/ })).toHaveCount(0);
  });

  await test.step('mended, it says what would happen, and does just that', async () => {
    write(`${one};192.0.2.50;2222;"Two\nlines; of notes"`, `${two};192.0.2.51;;`);
    await pick();
    await expect(page.getByText('2 computers are new. Nothing has been changed so far.')).toBeVisible();
    await expect(row(page, 'Lines of the file', one)).toContainText('Has no credential yet.');
    await page.getByRole('button', { name: 'Import 2 computers' }).click();
    await expect(page.getByText('2 computers were added.')).toBeVisible();
  });

  await test.step('the list finds them; done again there is nothing to do', async () => {
    await page.goto('/computers');
    await page.getByRole('searchbox', { name: 'Search computers' }).fill(`${one} 192.0.2.50`);
    await expect(row(page, 'Computers', one)).toContainText('192.0.2.50:2222');
    await expect(page.getByText('1 found')).toBeVisible();
    await page.goto('/computers/import');
    await pick();
    await expect(page.getByText('Every computer of this file is there already.')).toBeVisible();
  });

  await test.step('a template and all computers can be downloaded', async () => {
    for (const [button, name] of [
      ['Download template', 'computers-template.csv'],
      ['Download all computers', 'computers.csv'],
    ] as const) {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: button }).click();
      expect((await download).suggestedFilename()).toBe(name);
      await (await download).saveAs(join(info.outputDir, name));
    }
  });
});

test('a computer that is pointed elsewhere gives nobody its password, until a second administrator confirms', async ({
  house,
  browserOf,
}) => {
  const { person, computer } = await arrange(house);
  await house.admin.pin(house.hosts.moody);
  const second = await house.admin.person(['user', 'admin']);
  const [page, people] = [await browserOf(house.login('admin')), await browserOf(person)];
  const moved = `127.0.0.1:${house.hosts.moody.port}`;

  await test.step('the launch that is open already, and the shop, are stopped by the move', async () => {
    await people.goto('/');
    const launch = await startLaunch(people, computer.name);
    await page.goto(`/computers/${computer.id}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog(page).getByLabel('Port').fill(String(house.hosts.moody.port));
    await expect(dialog(page).getByText('they wait until another administrator confirms them')).toBeVisible();
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('A credential waits for confirmation')).toBeVisible();

    await launch.open(masterPassword);
    await expect(launch.page.getByText(/waits until an administrator/)).toBeVisible();
    await people.goto('/');
    await expect(shopItem(people, computer.name)).toContainText('waits until an administrator has confirmed');
  });

  await test.step('who did it cannot confirm it', async () => {
    await page.getByRole('link', { name: 'Look at what waits' }).click();
    const waiting = row(page, 'Waiting for confirmation', moved);
    await expect(waiting).toContainText('Another administrator confirms your change');
    await expect(waiting.getByRole('button')).toHaveCount(0);
    await page.goto('/computers');
    await page.getByRole('searchbox', { name: 'Search computers' }).fill(computer.name);
    await expect(row(page, 'Computers', computer.name)).toContainText('Waits for confirmation');
  });

  await test.step('a second one sees who, what, from where to where, and confirms', async () => {
    const other = await browserOf(second);
    await other.goto('/computers/waiting');
    const waiting = row(other, 'Waiting for confirmation', moved);
    await expect(waiting).toContainText(computer.name);
    await expect(waiting).toContainText(`The computer moved from 127.0.0.1 port ${house.hosts.open.port}.`);
    await expect(waiting).toContainText('by Adam Novak');
    await waiting.getByRole('button', { name: /^Confirm/ }).click();
    await expect(dialog(other)).toContainText(house.hosts.moody.hostKeyFingerprint);
    const confirm = dialog(other).getByRole('button', { name: 'Confirm' });
    await confirm.click();
    await expect(confirm).toHaveCount(0); // behind the dialog the row cannot be seen either way
    await expect(waiting).toHaveCount(0);
  });

  await test.step('and the person works there', async () => {
    await people.goto('/');
    const terminal = await connect(people, computer.name);
    await terminal.open();
    await terminal.line('exit');
    await terminal.ended('exited');
  });
});

test('the page of a computer keeps servers, host keys and further credentials', async ({ house, browserOf }) => {
  const { admin, hosts, account } = house;
  const computer = await admin.computer(hosts.open);
  const other = await admin.credential({ type: 'ssh_key', privateKey: account.privateKey });
  const [{ name: credential } = { name: '' }] = await admin.ctx.connection.sql<{ name: string }[]>`
    select name from credentials where id = ${other}`;
  const page = await browserOf(house.login('admin'));
  await page.goto('/computers');
  await page.getByRole('searchbox', { name: 'Search computers' }).fill(computer.name);
  await expect(page.getByText('1 found')).toBeVisible();
  await page.getByRole('link', { name: computer.name }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(computer.name);

  await test.step('a second server, which its credential waits to be let to', async () => {
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog(page).getByLabel('Second server').fill('192.0.2.77');
    await dialog(page).getByLabel('Notes').fill('Ask Bob first.');
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await expect(row(page, 'Servers', '192.0.2.77')).toContainText('1 waiting');
    await expect(row(page, 'Servers', `127.0.0.1:${hosts.open.port}`)).toContainText(hosts.open.hostKeyFingerprint);
    await expect(page.getByText('Ask Bob first.')).toBeVisible();
  });

  await test.step('a further credential is added and taken off again', async () => {
    await page.getByRole('button', { name: 'Add credential' }).click();
    await choose(dialog(page), 'Credential', credential);
    await dialog(page).getByRole('button', { name: 'Add credential' }).click();
    await expect(row(page, 'Credentials', credential)).toContainText('Standard');
    await page.getByRole('button', { name: `Take off ${credential}` }).click();
    await dialog(page).getByRole('button', { name: 'Take off' }).click();
    await expect(row(page, 'Credentials', credential)).toHaveCount(0);
  });

  await test.step('an address with nothing behind it is told so when its key is read', async () => {
    await page.goto('/computers/999999');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(computer.name)).toHaveCount(0);
  });
});

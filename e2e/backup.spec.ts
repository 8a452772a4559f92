/**
 * docs/backup.md, step by step with the built program: a backup while somebody works, a restore into nothing, and there
 * people sign in, shared credentials open real sessions, recordings and the audit log prove themselves. Then an
 * administrator who cannot sign in any more is let in again at the machine.
 */
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masterPassword } from '../server/vault/testing/master-password.ts';
import { Stack } from './stack.ts';
import { arrange, expect, test } from './test.ts';
import { runCommand } from './testbed/command.ts';
import { sessionOf, untilEnded } from './testbed/evidence.ts';
import { signIn } from './testbed/pages.ts';
import { Visitor } from './testbed/visitor.ts';

test('what was backed up while people worked comes back, and works', async ({ house, later }) => {
  test.setTimeout(180_000);
  const { admin, hosts, stack } = house;
  const { person, computer } = await arrange(house);
  const visitor = await house.visitor(person);
  const first = await visitor.open(computer.guid);
  first.terminal.type('echo before-$((40 + 2)); exit\n');
  await first.terminal.ended();
  expect(await untilEnded(admin.ctx, first.sessionId)).toMatchObject({ recording: 'sealed' });
  const running = await visitor.open(computer.guid);

  const place = await mkdtemp(join(tmpdir(), 'sp-backups-'));
  later(() => rm(place, { recursive: true }));
  const backup = await runCommand('backup-command', ['--to', place, '--demo', '--data-dir', stack.dataDir]);
  expect(backup.text).toContain('of them up to where they are');
  expect(backup.status).toBe(0);
  running.terminal.type('echo still-$((40 + 2)); exit\n');
  expect(await running.terminal.ended()).toMatchObject({ reason: 'exited' });
  const again = await runCommand('backup-command', ['--to', place, '--demo', '--data-dir', stack.dataDir]);
  expect(again.status).toBe(0);
  const [snapshot = '', ...more] = (await readdir(join(place, 'snapshots'))).sort();
  expect(more).toHaveLength(1);

  const restored = await Stack.start({
    allowTargets: [`127.0.0.1:${hosts.open.port}`],
    async prepare(dataDir) {
      const into = ['--from', place, '--snapshot', snapshot, '--demo', '--data-dir', dataDir];
      const without = await runCommand('restore-command', into);
      expect(without).toMatchObject({ status: 1, text: expect.stringContaining('There is no keyring') });
      await cp(join(stack.dataDir, 'keyring.json'), join(dataDir, 'keyring.json'));
      const { status, text } = await runCommand('restore-command', into);
      expect(text).toContain('was restored');
      expect(status).toBe(0);
      const twice = await runCommand('restore-command', into);
      expect(twice).toMatchObject({ status: 1, text: expect.stringContaining('has an installation already') });
      return async () => undefined;
    },
  });
  later(() => restored.stop());
  const ctx = await restored.context();
  later(() => ctx.connection.close());

  const { baseUrl, dataDir } = restored;
  const back = await Visitor.signIn({ baseUrl, ctx, dataDir }, { ...person, masterPassword });
  const { sessionId, terminal } = await back.open(computer.guid);
  terminal.type('echo after-$((40 + 2)); exit\n');
  await terminal.ended();
  expect(terminal.output().toString()).toContain('after-42');

  expect(await sessionOf(ctx, running.sessionId)).toMatchObject({ state: 'ended', seal_reason: 'crash' });
  await untilEnded(ctx, sessionId);
  for (const id of [first.sessionId, running.sessionId, sessionId])
    expect(await restored.verify(id)).toMatchObject({ status: 0, text: expect.stringContaining('is intact') });
  const log = await runCommand('verify', ['audit', '--demo', '--data-dir', dataDir]);
  expect(log).toMatchObject({ status: 0, text: expect.stringContaining('The audit log is intact') });
  expect((await stat(join(place, 'snapshots'))).mode & 0o077).toBe(0);
});

test('an administrator who is locked out is let in again at the machine', async ({ house, newBrowser }) => {
  const { admin, stack } = house;
  const person = await admin.person(['user', 'admin']);
  const { ctx } = admin;
  await ctx.connection.sql`update people set disabled_at = now() where id = ${person.id}`;
  const flags = ['--demo', '--data-dir', stack.dataDir];
  const listed = await runCommand('rescue-command', flags);
  expect(listed.text).toContain(`${person.email}  (${person.name}; disabled; never signed in)`);

  const password = 'a password from the machine';
  const rescued = await runCommand('rescue-command', [person.email, ...flags], `${password}\n${password}\n`);
  expect(rescued.text).toContain('has a new password');
  expect(rescued.text).not.toContain(password);
  expect(rescued.status).toBe(0);
  const page = await (await newBrowser(stack.baseUrl)).newPage();
  await signIn(page, { email: person.email, password });
  await page.goto('/audit?kind=person.rescued');
  await expect(page.getByText(`helped “${person.name}” to sign in again`)).toBeVisible();
});

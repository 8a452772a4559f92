/**
 * Where the policy requires a recording there is no session without one. A disk that cannot be written when a session
 * opens keeps it closed; one that fills up while it runs ends it, and what was recorded until then can be read and checked.
 * A full disk has no room for a seal. The disk is real: a small file system of its own.
 */
import { execFile } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SessionId } from '../server/ids.ts';
import { createLog } from '../server/log.ts';
import { outputIn } from '../server/recording/testing/test-store.ts';
import { expect, type House, openHouse, test } from './test.ts';
import { isRoot } from './testbed/account.ts';
import { auditOf, untilEnded } from './testbed/evidence.ts';
import { connect, signIn } from './testbed/pages.ts';

const run = promisify(execFile);
const megabyte = 1024 * 1024;
const diskBytes = 96 * megabyte;

let house: House;

test.describe(() => {
  test.skip(!isRoot, 'Only root can mount a small disk.');
  test.describe.configure({ mode: 'serial' });

  test.beforeAll(async () => {
    test.setTimeout(60_000);
    house = await openHouse({ prepare: mountSmallDisk });
    // The whole disk is smaller than what is left free by default; what is tried here is a disk that is truly full.
    const { sql } = house.admin.ctx.connection;
    await sql`insert into settings (name, value, changed_at) values ('minFreeGiB', '0'::jsonb, now())`;
  });
  test.afterAll(() => house?.close());

  test('a disk that fills up ends the session and says so; what was written can be read and checked', async ({
    newBrowser,
  }) => {
    const { admin, stack, hosts } = house;
    const person = await admin.person();
    const computer = await admin.computer(hosts.open);
    await admin.grant(person, computer);
    const page = await openPage(await newBrowser(stack.baseUrl), person);
    const terminal = await connect(page, computer.name);
    await terminal.open();
    await terminal.line('echo kept-$((40 + 2))');
    await terminal.shows('kept-42');

    const ballast = join(stack.recordingsDir, 'ballast');
    fillUp(ballast, stack.recordingsDir);
    await terminal.line('head -c 8000000 /dev/zero | tr "\\0" x');
    const words = await terminal.ended('recorder_failed');
    expect(words).toContain('The recording could not be written');
    expect(words).toContain('The disk of the recordings is full.');
    rmSync(ballast);

    const sessionId = terminal.sessionId as SessionId;
    const seen = await untilEnded(admin.ctx, sessionId);
    expect(seen).toMatchObject({ end_reason: 'recorder_failed', recording: 'failed', seal_reason: 'ENOSPC' });
    expect(await auditOf(admin.ctx, sessionId, 'recording.failed')).not.toEqual([]);
    expect((await outputIn(join(stack.recordingsDir, seen.path ?? ''))).toString()).toContain('kept-42');
    const { status, text } = await stack.verify(sessionId);
    expect({ status, text }).toEqual({
      status: 1,
      text: expect.stringMatching(/not sealed. It is intact up to segment/),
    });
  });

  test('a disk that takes nothing: no session, and where the recording may be missing, a notice', async ({
    newBrowser,
  }) => {
    const { admin, stack, hosts, account } = house;
    const person = await admin.person();
    const visits: string[] = [];
    const log = createLog('e2e', 'silent');
    log.debug = (line) => void visits.push(...(/Accepted|preauth/.test(line) ? [line] : []));
    await hosts.moody.stop();
    hosts.moody = await account.host('moody', { port: hosts.moody.port, log });
    const [required, bestEffort] = [await admin.computer(hosts.moody), await admin.computer(hosts.open)];
    await admin.grant(person, required);
    await admin.grant(person, bestEffort, { recording: 'best_effort' });
    const page = await openPage(await newBrowser(stack.baseUrl), person);
    await run('mount', ['-o', 'remount,ro', stack.recordingsDir]);
    try {
      const terminal = await connect(page, required.name);
      expect(await terminal.ended('recorder_failed')).toContain('The disk of the recordings is read-only.');
      const sessionId = terminal.sessionId as SessionId;
      expect(await auditOf(admin.ctx, sessionId, 'session.opened')).toEqual([]);
      expect(visits).toEqual([]);

      const other = await connect(page, bestEffort.name);
      await other.open();
      await expect(other.page.getByText(/This session is not recorded/)).toBeVisible();
      await expect(other.page.getByText('Not recorded', { exact: true })).toBeVisible();
      await other.line('echo on-$((40 + 2))');
      await other.shows('on-42');
      await expect.poll(async () => (await stack.health()).status).toBe('degraded');
    } finally {
      await run('mount', ['-o', 'remount,rw', stack.recordingsDir]);
    }
  });
});

async function mountSmallDisk(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'recordings');
  await mkdir(path, { mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=0700`, 'tmpfs', path]);
  return async () => {
    await run('umount', ['--lazy', path]);
  };
}

/** Leaves no byte free. */
function fillUp(path: string, disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  const block = Buffer.alloc(bsize);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  for (;;) {
    try {
      writeFileSync(path, block, { flag: 'a' });
    } catch {
      return;
    }
  }
}

async function openPage(context: Awaited<ReturnType<NewBrowser>>, person: Parameters<House['visitor']>[0]) {
  const page = await context.newPage();
  await signIn(page, person);
  return page;
}

type NewBrowser = Parameters<Parameters<typeof test>[2]>[0]['newBrowser'];

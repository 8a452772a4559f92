/**
 * Contract: a place of backups keeps as many snapshots as it is told to, and every recording that one of them needs; what was
 * deleted in the installation goes with the last snapshot that knows it; nothing goes where it cannot be told what is needed.
 */
import { appendFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingFolder } from '../recording/folder.ts';
import { backupRig, sessionOf } from './testing/backup-rig.ts';
import { anInstallation, type TestInstallation } from './testing/installation.ts';

const rig = backupRig();
const { backUp, restore, bringKeyring, verdictOf } = rig;

const snapshots = async () => (await readdir(join(rig.dir, 'snapshots'))).sort();
const isCopied = (path: string) =>
  stat(recordingFolder(join(rig.dir, 'recordings'), path)).then(
    () => true,
    () => false,
  );

async function aRecordingOf(house: TestInstallation) {
  const recording = await house.record();
  await recording.say('text');
  await recording.seal();
  return recording.path;
}

/** As the installation does when the time of a recording is over. */
async function deleteIn(house: TestInstallation, path: string) {
  await rm(recordingFolder(house.config.recordingsDir, path), { recursive: true });
  await house.owner.sql`
    update recordings set state = 'deleted', deleted_at = now() where session_id = ${sessionOf(path)}`;
}

it('removes the oldest snapshots, and what was deleted as soon as no snapshot needs it', async () => {
  await using house = await anInstallation();
  const [deleted, kept] = [await aRecordingOf(house), await aRecordingOf(house)];
  await backUp(rig.dir, house.config);
  const [first = ''] = await snapshots();
  await deleteIn(house, deleted);
  const { status, text } = await backUp(rig.dir, house.config, '--keep', '2');
  expect([status, text]).toEqual([0, expect.stringContaining('0 older snapshots and 0 recordings')]);
  expect([await isCopied(deleted), await isCopied(kept)]).toEqual([true, true]);

  const again = await backUp(rig.dir, house.config, '--keep', '2');
  expect(again).toMatchObject({ status: 0, text: expect.stringContaining('1 older snapshots and 1 recordings') });
  expect(await snapshots()).toHaveLength(2);
  expect(await snapshots()).not.toContain(first);
  expect([await isCopied(deleted), await isCopied(kept)]).toEqual([false, true]);
});

it('leaves a backup that comes back whole', async () => {
  const path = await aRecordingOf(rig.house);
  await backUp();
  expect((await backUp(rig.dir, rig.house.config, '--keep', '1')).status).toBe(0);
  expect(await snapshots()).toHaveLength(1);
  await bringKeyring();
  expect((await restore()).status).toBe(0);
  expect(await verdictOf(path)).toMatchObject({ state: 'intact' });
});

it('removes nothing beside a snapshot of another installation, or one that is damaged, and says which', async () => {
  await using other = await anInstallation();
  const path = await aRecordingOf(other);
  await backUp(rig.dir, other.config);
  const [foreign = ''] = await snapshots();
  const refused = await backUp(rig.dir, rig.house.config, '--keep', '1');
  expect(refused.status).toBe(1);
  expect(refused.text).toContain(`Nothing was removed. The snapshot ${foreign} is not of this installation`);
  expect([await snapshots(), await isCopied(path)]).toEqual([expect.arrayContaining([foreign]), true]);

  await appendFile(join(rig.dir, 'snapshots', foreign, 'manifest.json'), 'x');
  const damaged = await backUp(rig.dir, rig.house.config, '--keep', '1');
  expect(damaged.text).toContain(`Nothing was removed. The snapshot ${foreign} is damaged`);
  expect(await snapshots()).toHaveLength(3);
});

it.each(['0', '-1', 'all', '1.5', ''])('takes no "%s" for a number, and makes no backup then', async (keep) => {
  expect(await backUp(rig.dir, rig.house.config, `--keep=${keep}`)).toMatchObject({
    status: 2,
    text: expect.stringContaining('how many snapshots'),
  });
  expect(await stat(rig.dir).catch(() => undefined)).toBeUndefined();
});

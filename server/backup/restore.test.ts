/**
 * The contract of `npm run restore`: it goes into nothing but an empty installation, with the right keyring, of a backup of
 * which not one byte was changed, and it is there whole or not at all. Every refusal says what to do.
 */
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { takeProcessLock } from '../../db/embedded/process-lock.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { aPerson } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { testDatabase } from '../../db/testing/database.ts';
import { systemKeyIds } from '../vault/keyring.ts';
import { loadOrCreateKeyring } from '../vault/keyring-file.ts';
import { writeManifest } from './manifest.ts';
import { restoreCommand } from './restore.ts';
import { restoreBackup } from './restore-backup.ts';
import { readSnapshot } from './snapshot.ts';
import { backupRig, filesBelow, readKeyring } from './testing/backup-rig.ts';
import { anInstallation } from './testing/installation.ts';

const rig = backupRig();
const { backUp, restore, bringKeyring, within } = rig;

describe('a restore', () => {
  it('needs the keyring, and says which', async () => {
    await backUp();
    const ids = systemKeyIds(rig.house.keyring);
    const missing = await restore();
    expect(missing).toMatchObject({
      status: 1,
      text: expect.stringContaining(`There is no keyring at ${rig.place.config.keyringPath}`),
    });
    for (const id of [...ids, rig.house.keyring.recording.id]) expect(missing.text).toContain(id);
    await loadOrCreateKeyring(rig.place.config.keyringPath);
    const wrong = await restore();
    expect(wrong).toMatchObject({ status: 1, text: expect.stringContaining('is not the one of') });
    for (const id of ids) expect(wrong.text).toContain(id);
    await expectNothing();
  });

  it('goes without a keyring that is lost for good, when it is told so', async () => {
    await backUp();
    expect(await restore('--new-keyring')).toMatchObject({
      status: 0,
      text: expect.stringContaining('Without its keyring nobody can say whether somebody else changed it'),
    });
    expect(await within(({ connection }) => findPersonByEmail(connection.db, rig.house.email))).toBeDefined();
  });

  it('does not take --new-keyring for one that is there', async () => {
    await backUp();
    await bringKeyring();
    expect(await restore('--new-keyring')).toMatchObject({
      status: 1,
      text: expect.stringContaining('leave --new-keyring out'),
    });
    await expectNothing();
  });

  it('goes into nothing but an empty installation', async () => {
    await backUp();
    await bringKeyring();
    expect((await restore()).status).toBe(0);
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining('has an installation already') });
  });

  it('does not read what it writes to', async () => {
    await backUp();
    await bringKeyring();
    rig.place.config = { ...rig.place.config, recordingsDir: join(rig.dir, 'recordings') };
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining('would be mixed') });
    await expectNothing();
  });

  it('takes nothing away from an installation that was started while recordings were copied', async () => {
    await backUp();
    await bringKeyring();
    await using other = await testDatabase();
    rig.place.config = { ...rig.place.config, databaseUrl: other.appUrl, databaseOwnerUrl: other.ownerUrl };
    const starter = connect(other.ownerUrl, { max: 2 });
    const { email } = await aPerson(other.connection.db, { name: 'Somebody new' });
    const { restoring } = await starter.sql.begin(async (tx) => {
      await tx`insert into installation (demo) values (false)`;
      const restoring = restore();
      const isHeldUp = async () =>
        (
          await starter.sql`select from pg_locks where not granted and database =
        (select oid from pg_database where datname = current_database())`
        ).length > 0;
      await expect.poll(isHeldUp, { timeout: 20_000 }).toBe(true);
      return { restoring };
    });
    const answer = await restoring;
    const found = await findPersonByEmail(starter.db, email);
    await starter.close();
    expect(answer).toMatchObject({ status: 1, text: expect.stringContaining('has an installation already') });
    expect(found).toBeDefined();
  });

  it('does not mix with recordings of another', async () => {
    await backUp();
    await bringKeyring();
    const strange = '2020/01/02/01900000-0000-7000-8000-000000000000';
    await mkdir(join(rig.place.config.recordingsDir, strange), { recursive: true });
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining(strange) });
    await expectNothing();
  });

  it('is there whole or not at all, and can be begun again', async () => {
    await backUp();
    await bringKeyring();
    const snapshot = await readSnapshot(rig.dir);
    const table = join(snapshot.folder, 'people.copy');
    const text = await readFile(table);
    // Changed after everything was checked: found while it is read into the database.
    await appendFile(
      table,
      text
        .subarray(0, text.indexOf('\n') + 1)
        .toString()
        .replace(/^[0-9a-f]{8}/, 'ffffffff')
        .replace(/[\w.-]+@/, 'another@'),
    );
    const { config } = rig.place;
    const order = {
      config,
      from: rig.dir,
      snapshot,
      clock: { now: () => new Date() },
      systemUser: 'root',
      log: testContext(rig.house.owner).log,
    };
    await expect(restoreBackup(order)).rejects.toThrow('people.copy was changed');
    await expectNothing();
    await writeFile(table, text);
    expect((await restore()).status).toBe(0);
  });

  it('waits for nobody who has the data folder', async () => {
    await backUp();
    await bringKeyring();
    await mkdir(rig.place.config.dataDir, { mode: 0o700 });
    const lock = await takeProcessLock(join(rig.place.config.dataDir, 'supervisor.lock'));
    expect(await restore()).toMatchObject({ status: 2, text: expect.stringContaining('already runs') });
    await lock.release();
  });

  it('refuses a backup of a version that it does not know', async () => {
    await backUp();
    await bringKeyring();
    const { folder, manifest } = await readSnapshot(rig.dir);
    const { mac: _, keyringId: __, format: ___, ...body } = manifest;
    const later = { ...body, migration: { when: manifest.migration.when + 1, sha256: 'f'.repeat(64) } };
    await writeFile(join(folder, 'manifest.json'), writeManifest(later, rig.house.keyring));
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining('another version of Sallyport') });
    await expectNothing();
  });

  it('refuses tables that its version does not make, even where the keyring proves them', async () => {
    await backUp();
    await bringKeyring();
    const { folder, manifest } = await readSnapshot(rig.dir);
    const { mac: _, keyringId: __, format: ___, ...body } = manifest;
    const [first, ...rest] = body.tables;
    const tables = first ? [{ ...first, columns: [...first.columns].reverse() }, ...rest] : [];
    await writeFile(join(folder, 'manifest.json'), writeManifest({ ...body, tables }, rig.house.keyring));
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining('has other tables') });
    await expectNothing();
  });

  async function expectNothing() {
    const owner = connect(rig.place.config.databaseOwnerUrl ?? '', { max: 1 });
    const [table] = await owner.sql<{ found: boolean }[]>`select to_regclass('public.people') is not null as found`;
    const people = table?.found ? await owner.sql`select from people` : [];
    await owner.close();
    expect(people).toHaveLength(0);
  }
});

describe('a damaged backup', () => {
  type Damage = (folder: string) => Promise<unknown>;
  const damages: [string, RegExp, Damage][] = [
    ['a changed row', /people\.copy was changed/, (folder) => swap(join(folder, 'people.copy'), 'Ada', 'Eve')],
    [
      'a row more',
      /settings\.copy was changed/,
      (folder) => appendFile(join(folder, 'settings.copy'), 'x\t1\tnow\t\\N\n'),
    ],
    ['a table gone', /people\.copy is missing/, (folder) => rm(join(folder, 'people.copy'))],
    [
      'two tables exchanged',
      /was changed/,
      async (folder) => {
        await rename(join(folder, 'people.copy'), join(folder, 'x'));
        await rename(join(folder, 'policies.copy'), join(folder, 'people.copy'));
        await rename(join(folder, 'x'), join(folder, 'policies.copy'));
      },
    ],
    [
      'a changed manifest',
      /manifest\.json was changed since it was made/,
      (folder) => swap(join(folder, 'manifest.json'), '"lastValue":', '"lastValue":1'),
    ],
    [
      'nonsense for a manifest',
      /manifest\.json is missing or changed/,
      (folder) => writeFile(join(folder, 'manifest.json'), '{}'),
    ],
    ['no manifest', /manifest\.json is missing or changed/, (folder) => rm(join(folder, 'manifest.json'))],
    [
      'a recording left out',
      /recordings\.ndjson is missing or changed/,
      (folder) => writeFile(join(folder, 'recordings.ndjson'), ''),
    ],
    [
      'a changed recording',
      /Segment 1: typescript was changed/,
      async () => {
        for (const file of await filesBelow(join(rig.dir, 'recordings')))
          if (file.endsWith('typescript')) await writeFile(file, 'x', { flag: 'r+' });
      },
    ],
    [
      'a recording cut short',
      /is not sealed any more/,
      async () => {
        for (const file of await filesBelow(join(rig.dir, 'recordings')))
          if (file.endsWith('manifest.json')) await rm(file);
      },
    ],
    ['a recording gone', /is missing\./, () => rm(join(rig.dir, 'recordings'), { recursive: true })],
  ];

  async function swap(file: string, one: string, other: string) {
    const text = await readFile(file, 'utf8');
    expect(text).toContain(one);
    await writeFile(file, text.replace(one, other));
  }

  it.each(damages)('with %s is refused before anything is written', async (_what, sentence, damage) => {
    const recording = await rig.house.record();
    await recording.say('text');
    await recording.seal();
    await backUp();
    await damage((await readSnapshot(rig.dir)).folder);
    await bringKeyring();
    for (const argv of [['--check'], []]) {
      const { status, text } = await restore(...argv);
      expect(status).toBe(1);
      expect(text).toMatch(sentence);
    }
    expect(await stat(rig.place.config.dataDir).catch(() => undefined)).toBeUndefined();
  });

  it('of an older moment does not become the latest by another name', async () => {
    await backUp();
    const [older = ''] = await readdir(join(rig.dir, 'snapshots'));
    await backUp();
    await bringKeyring();
    const later = '2999-01-02T03-04-05-678Z';
    await rename(join(rig.dir, 'snapshots', older), join(rig.dir, 'snapshots', later));
    for (const argv of [['--check'], [], ['--snapshot', later]])
      expect(await restore(...argv)).toMatchObject({
        status: 1,
        text: expect.stringContaining('got another name since'),
      });
  });

  it('brings nothing back that somebody added to a recording that was not sealed yet', async () => {
    const recording = await rig.house.record();
    await recording.say('what happened');
    await backUp();
    await recording.say('what somebody made up');
    const [from, to] = [rig.house.config.recordingsDir, join(rig.dir, 'recordings')];
    await cp(join(from, recording.path), join(to, recording.path), { recursive: true });
    await recording.seal();
    await bringKeyring();
    expect((await restore()).status).toBe(0);
    const typescript = await readFile(join(rig.place.config.recordingsDir, recording.path, 'typescript'), 'utf8');
    expect(typescript).toContain('what happened');
    expect(typescript).not.toContain('made up');
  });

  it('cannot be proved anew by somebody who has no keyring', async () => {
    await backUp();
    await bringKeyring();
    const { folder, manifest } = await readSnapshot(rig.dir);
    const { mac: _, keyringId: __, format: ___, ...body } = manifest;
    const other = await loadOrCreateKeyring(join(rig.place.home, 'forged.json'));
    const forger = { ...other, recording: { ...other.recording, id: manifest.keyringId } };
    const forged = writeManifest(body, forger);
    await writeFile(join(folder, 'manifest.json'), forged);
    expect(await restore()).toMatchObject({ status: 1, text: expect.stringContaining('changed since it was made') });
  });

  it('is made good by the next one', async () => {
    await using other = await anInstallation();
    const recording = await other.record();
    await recording.say('text');
    await recording.seal();
    await backUp(rig.dir, other.config);
    await rm(join(rig.dir, 'recordings'), { recursive: true });
    await rm(join((await readSnapshot(rig.dir)).folder, 'manifest.json'));
    expect((await backUp(rig.dir, other.config)).status).toBe(0);
    await cp(other.config.keyringPath, rig.place.config.keyringPath);
    expect((await restore('--check')).text).toContain('It was made by this installation');
  });
});

describe('a check', () => {
  it('reads everything and writes nothing, with the keyring and without', async () => {
    await backUp();
    expect(await restore('--check')).toMatchObject({
      status: 0,
      text: expect.stringContaining('every byte as it was written.\nWithout its keyring'),
    });
    await bringKeyring();
    expect(await restore('--check')).toMatchObject({
      status: 0,
      text: expect.stringContaining('its keyring proves it'),
    });
    expect(await stat(rig.place.config.dataDir).catch(() => undefined)).toBeUndefined();
  });

  it('says what there is when it cannot find what it was asked for', async () => {
    expect(await restore()).toMatchObject({ status: 1, text: `There is no backup in ${rig.dir}.` });
    await backUp();
    const [name = ''] = await readdir(join(rig.dir, 'snapshots'));
    for (const other of ['yesterday', '../../etc', ''])
      expect(await restore('--snapshot', other)).toMatchObject({ status: 1, text: expect.stringContaining(name) });
    for (const argv of [[], ['--from'], ['x', '--from', rig.dir], ['--from', rig.dir, '--frobnicate']])
      expect(await restoreCommand(argv, () => rig.place.config, readKeyring)).toMatchObject({
        status: 2,
        text: expect.stringContaining('npm run restore -- --from DIR'),
      });
  });
});

/**
 * The contract of `npm run backup`: what was there comes back and works, from an installation that goes on meanwhile; the
 * keyring is never in it; a later backup adds to it and spoils nothing; what is wrong is said, and every refusal says what
 * to do.
 */
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { takeProcessLock } from '../../db/embedded/process-lock.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { copyMigrationsUpTo, lastMigrationOf, placeOfMigration } from '../../db/migration-marks.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { readEvidence } from '../../db/queries/recordings.ts';
import { findSecret, insertSecret } from '../../db/queries/secrets.ts';
import { aComputer, anApiToken, aPerson } from '../../db/testing/builders.ts';
import { verifyAuditChains } from '../audit/verify-chain.ts';
import { signIn } from '../people/sign-in.ts';
import { recordingFolder } from '../recording/folder.ts';
import { createRecordingStore } from '../recording/store.ts';
import { loadOrCreateKeyring } from '../vault/keyring-file.ts';
import { openForSystem } from '../vault/open.ts';
import { sealForSystem } from '../vault/seal.ts';
import { backupCommand } from './backup.ts';
import { backupRig, filesBelow, readKeyring, sessionOf } from './testing/backup-rig.ts';
import { anEmptyPlace, anInstallation, password } from './testing/installation.ts';

const rig = backupRig();
const { backUp, restore, bringKeyring, within, verdictOf } = rig;

describe('what was there', () => {
  it('comes back: people sign in, secrets open, recordings and the log prove themselves, ids go on', async () => {
    const sealed = await rig.house.record();
    await sealed.say('first');
    await sealed.seal();
    const computer = await aComputer(rig.house.database.connection.db);
    expect(await backUp()).toMatchObject({ status: 0, text: expect.stringContaining('1 recordings.') });
    await bringKeyring();
    expect(await restore()).toMatchObject({ status: 0, text: expect.stringContaining('Everybody is signed out.') });
    await within(async (ctx) => {
      const { db } = ctx.connection;
      const enter = await signIn(ctx, { email: rig.house.email, password, address: null, userAgent: null });
      expect(enter).toMatchObject({ ok: true, value: { name: 'Ada' } });
      const secret = await findSecret(db, rig.house.secretId);
      const opened = secret && openForSystem(ctx.keyring, 'test', secret);
      expect(opened?.ok && opened.plaintext.toString()).toBe('what must come back');
      expect(await verifyAuditChains(db)).toMatchObject({ broken: [] });
      const [event] = await ctx.connection.sql<{ subject: object }[]>`
        select subject from audit_events where kind = 'backup.restored'`;
      expect(event?.subject).toMatchObject({ recordings: 1 });
      expect((await aComputer(db)).id).toBeGreaterThan(computer.id);
    });
    expect(await verdictOf(sealed.path)).toMatchObject({ state: 'intact', findings: [] });
  });

  it('comes back without the sign-ins and tokens, of which some may have been ended since', async () => {
    const { db } = rig.house.database.connection;
    const { token } = await anApiToken(db, rig.house.keyring, rig.house.actor.person);
    await backUp();
    await bringKeyring();
    await restore();
    const { login } = rig.house.actor;
    await within(async ({ connection: { sql } }) => {
      const rows = await sql`select from login_sessions where id = ${login.id} and revoked_at is not null`;
      expect(rows).toHaveLength(1);
      expect(await sql`select from unlocks`).toHaveLength(0);
      expect(await sql`select from api_tokens where id = ${token.id} and revoked_at is not null`).toHaveLength(1);
    });
    expect(await rig.house.owner.sql`select from login_sessions where revoked_at is not null`).toHaveLength(0);
  });

  it('comes back from an installation that goes on: a recording up to where it was, which can be sealed there', async () => {
    const growing = await rig.house.record();
    await growing.say('before the backup');
    expect(await backUp()).toMatchObject({ status: 0, text: expect.stringContaining('of them up to where they are') });
    await growing.say('after the backup');
    await growing.seal();
    await bringKeyring();
    expect((await restore()).status).toBe(0);
    const { anchors } = await within(({ connection: { db } }) => readEvidence(db, sessionOf(growing.path)));
    expect(anchors).toHaveLength(2);
    const store = createRecordingStore({
      root: rig.place.config.recordingsDir,
      key: rig.house.keyring.recording,
      clock: { now: () => new Date() },
      monotonicMs: () => 0,
    });
    expect(await store.sealAfterCrash(growing.path, 'crash', anchors)).toMatchObject({ outcome: 'sealed' });
    expect(await verdictOf(growing.path)).toMatchObject({ state: 'intact' });
    const text = await readFile(
      join(recordingFolder(rig.place.config.recordingsDir, growing.path), 'typescript'),
      'utf8',
    );
    expect(text).toContain('before the backup');
    expect(text).not.toContain('after the backup');
  });

  it('comes back at the schema of its time, and is brought to that of now', async () => {
    await using older = await anEmptyPlace();
    const migrationsFolder = join(older.config.rootDir, 'db/migrations');
    const last = await lastMigrationOf(rig.house.owner.sql);
    const before = last ? placeOfMigration(migrationsFolder, last) - 1 : 0;
    const folder = join(older.home, 'migrations');
    await copyMigrationsUpTo(migrationsFolder, before, folder);
    const { databaseOwnerUrl, databaseUrl } = older.config;
    const appPassword = decodeURIComponent(new URL(databaseUrl ?? '').password);
    await migrateDatabase(databaseOwnerUrl ?? '', { migrationsFolder: folder, appPassword });
    const owner = connect(databaseOwnerUrl ?? '', { max: 1 });
    await owner.sql`insert into installation (demo) values (false)`;
    const person = await aPerson(owner.db, { name: 'From before' });
    await owner.close();
    await mkdir(older.config.dataDir, { mode: 0o700 });
    await cp(rig.house.config.keyringPath, older.config.keyringPath);
    expect((await backUp(rig.dir, older.config)).status).toBe(0);
    await bringKeyring();
    expect((await restore()).status).toBe(0);
    const restored = connect(rig.place.config.databaseOwnerUrl ?? '', { max: 1 });
    expect(await findPersonByEmail(restored.db, person.email)).toMatchObject({ name: 'From before' });
    expect(await lastMigrationOf(restored.sql)).toEqual(last);
    await restored.close();
  });
});

describe('a backup', () => {
  it('holds nothing of the keyring, and is closed to other users', async () => {
    await backUp();
    const { system, recording, authSecret } = rig.house.keyring;
    const key = Buffer.from(system.key);
    const secrets = [
      key,
      Buffer.from(key.toString('base64url')),
      Buffer.from(key.toString('hex')),
      Buffer.from(authSecret),
      Buffer.from(recording.privateKeyPem.split('\n')[1] ?? ''),
    ];
    for (const file of await filesBelow(rig.dir)) {
      const bytes = await readFile(file);
      for (const secret of secrets) expect(bytes.includes(secret), file).toBe(false);
      expect((await stat(file)).mode & 0o077, file).toBe(0);
    }
    expect((await stat(rig.dir)).mode & 0o077).toBe(0);
  });

  it('says so when the keyring here is not the one that opens everything in it', async () => {
    await using other = await anInstallation();
    const newer = await loadOrCreateKeyring(join(rig.place.home, 'newer.json'));
    await insertSecret(other.database.connection.db, sealForSystem(newer, 'test', Buffer.from('x')));
    const { status, text } = await backUp(rig.dir, other.config);
    expect(status).toBe(1);
    expect(text).toContain('1 stored credential(s) in it are sealed with a key that is not in this keyring');
    expect((await backUp()).status).toBe(0);
  });

  it('is evidence, with who made it', async () => {
    await backUp();
    const [snapshot = ''] = await readdir(join(rig.dir, 'snapshots'));
    const [event] = await rig.house.owner.sql<{ subject: object }[]>`
      select subject from audit_events where kind = 'backup.made' and subject ->> 'snapshot' = ${snapshot}`;
    expect(event?.subject).toMatchObject({ damaged: 0, systemUser: expect.any(String) });
  });

  it('is added to: each snapshot comes back as it was, and recordings are not copied twice', async () => {
    const { db } = rig.house.database.connection;
    const recording = await rig.house.record();
    await recording.say('once');
    await recording.seal();
    await backUp();
    const typescript = join(recordingFolder(join(rig.dir, 'recordings'), recording.path), 'typescript');
    const { mtimeMs } = await stat(typescript);
    const later = await aPerson(db, { name: 'Later' });
    await backUp();
    const names = (await readdir(join(rig.dir, 'snapshots'))).sort();
    expect(names).toHaveLength(2);
    expect((await stat(typescript)).mtimeMs).toBe(mtimeMs);
    await bringKeyring();
    expect((await restore('--snapshot', names[0] ?? '')).status).toBe(0);
    expect(await within(({ connection }) => findPersonByEmail(connection.db, later.email))).toBeUndefined();
  });

  it('does not miss a recording that was deleted when its time was over', async () => {
    await using other = await anInstallation();
    const recording = await other.record();
    await recording.say('text');
    await recording.seal();
    await rm(recordingFolder(other.config.recordingsDir, recording.path), { recursive: true });
    await other.owner.sql`update recordings set state = 'deleted', deleted_at = now()`;
    const { status, text } = await backUp(rig.dir, other.config);
    expect([status, text]).toEqual([0, expect.stringContaining('0 recordings')]);
  });

  it('keeps what it has of a recording that somebody wrote anew before it was sealed, and says so every time', async () => {
    await using other = await anInstallation();
    const [recording, made] = [await other.record(), await other.record()];
    for (const each of [recording, made]) await each.say(each === recording ? 'what happened' : 'what was made up');
    await backUp(rig.dir, other.config);
    const folder = recordingFolder(other.config.recordingsDir, recording.path);
    await cp(recordingFolder(other.config.recordingsDir, made.path), folder, { recursive: true });
    for (let time = 0; time < 2; time += 1) {
      const { status, text } = await backUp(rig.dir, other.config);
      expect(status).toBe(1);
      expect(text).toContain(`${recording.path}: It was cut, changed or removed since it was copied.`);
    }
    await cp(other.config.keyringPath, rig.place.config.keyringPath);
    expect((await restore()).status).toBe(0);
    const typescript = join(recordingFolder(rig.place.config.recordingsDir, recording.path), 'typescript');
    expect(await readFile(typescript, 'utf8')).toContain('what happened');
    await made.seal();
  });

  it('takes the place of one that was cut off', async () => {
    const draft = join(rig.dir, 'snapshots', '2026-01-02T03-04-05-678Z.draft');
    await mkdir(draft, { recursive: true });
    await chmod(rig.dir, 0o700);
    await writeFile(join(draft, 'people.copy'), 'half of it');
    expect((await backUp()).status).toBe(0);
    expect((await readdir(join(rig.dir, 'snapshots'))).some((name) => name.endsWith('.draft'))).toBe(false);
  });

  it('says which recordings are not as they should be, and takes them as they are', async () => {
    await using other = await anInstallation();
    const [changed, gone] = [await other.record(), await other.record()];
    for (const recording of [changed, gone]) {
      await recording.say('text');
      await recording.seal();
    }
    const folder = recordingFolder(other.config.recordingsDir, changed.path);
    await writeFile(join(folder, 'typescript'), 'x', { flag: 'r+' });
    await rm(recordingFolder(other.config.recordingsDir, gone.path), { recursive: true });
    const { status, text } = await backUp(rig.dir, other.config);
    expect(status).toBe(1);
    expect(text).toContain(`${changed.path}: Segment 1: typescript was changed`);
    expect(text).toContain(`${gone.path}: Its folder is gone.`);
    await cp(other.config.keyringPath, rig.place.config.keyringPath);
    expect((await restore()).status).toBe(0);
    expect(await verdictOf(changed.path)).toMatchObject({ state: 'tampered' });
  });

  it('is not made where it would be lost with what it is of, or where others could change it', async () => {
    const { dataDir, recordingsDir } = rig.house.config;
    await mkdir(recordingsDir, { recursive: true });
    for (const to of [dataDir, join(dataDir, 'backups'), join(recordingsDir, 'x')])
      expect(await backUp(to)).toMatchObject({
        status: 1,
        text: expect.stringContaining('inside of what is backed up'),
      });
    await mkdir(rig.dir);
    await chmod(rig.dir, 0o777);
    expect(await backUp()).toMatchObject({ status: 1, text: expect.stringContaining('Other users may write') });
    await chmod(rig.dir, 0o700);
    if (process.geteuid?.() === 0) {
      await chown(rig.dir, 65_534, 65_534);
      expect(await backUp()).toMatchObject({ status: 1, text: expect.stringContaining('belongs to another user') });
    }
  });

  it('is not made over what it is of: a place whose recordings are those of the installation', async () => {
    const recording = await rig.house.record();
    await recording.say('evidence that is still being written');
    const { recordingsDir } = rig.house.config;
    const typescript = join(recordingFolder(recordingsDir, recording.path), 'typescript');
    const before = await readFile(typescript);
    await mkdir(rig.dir, { mode: 0o700 });
    await symlink(recordingsDir, join(rig.dir, 'recordings'));
    for (const to of [dirname(recordingsDir), rig.dir])
      expect(await backUp(to)).toMatchObject({ status: 1, text: expect.stringContaining('what is backed up') });
    expect(await readFile(typescript)).toEqual(before);
    await recording.seal();
  });

  it('is not made twice at once to one place', async () => {
    await mkdir(rig.dir, { mode: 0o700 });
    const lock = await takeProcessLock(join(rig.dir, 'backup.lock'));
    expect(await backUp()).toMatchObject({ status: 1, text: expect.stringContaining('Another backup') });
    await lock.release();
    expect((await backUp()).status).toBe(0);
  });

  it('needs the keyring, a database, and to be told where to', async () => {
    const without = { ...rig.house.config, keyringPath: '/not/there' };
    expect(await backUp(rig.dir, without)).toMatchObject({
      status: 1,
      text: expect.stringContaining('no keyring at /not/there'),
    });
    const ports = { openDatabase: async () => undefined, readKeyring };
    expect(await backupCommand(['--to', rig.dir], () => rig.house.config, ports)).toMatchObject({
      status: 1,
      text: expect.stringContaining('There is no database'),
    });
    for (const argv of [[], ['--to'], ['--to', ''], ['x'], ['--frobnicate']])
      expect(await backupCommand(argv, () => rig.house.config, ports)).toMatchObject({
        status: 2,
        text: expect.stringContaining('npm run backup -- --to DIR'),
      });
    expect(await backupCommand(['--help'], () => rig.house.config, ports)).toMatchObject({ status: 0 });
  });
});

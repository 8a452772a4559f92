/*
 * `npm run keyring` tells what a keyring holds without telling a key, replaces the system key, and has the file sealed by
 * AWS KMS or opened again. Each change is in the audit log before it is made, is one at a time, and is whole or not at all;
 * what cannot be done is a sentence that says what to do, and ends with another status than 0.
 */
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { asc, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connect } from '../../db/connect.ts';
import { takeProcessLock } from '../../db/embedded/process-lock.ts';
import { insertSecret } from '../../db/queries/secrets.ts';
import { auditEvents, secretRecipients, secrets } from '../../db/schema.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { keyServiceOf } from '../aws/kms.ts';
import { type StandInKms, standInCredentials, startStandInKms } from '../aws/testing/stand-in-kms.ts';
import { ConfigError } from '../config/command-line.ts';
import type { KmsSettings } from '../config/config.ts';
import { createLog } from '../log.ts';
import { type Keyring, systemKeyIds } from '../vault/keyring.ts';
import { loadKeyring, loadOrCreateKeyring, readKeyringFile, replaceKeyring } from '../vault/keyring-file.ts';
import { followKeyring } from '../vault/live-keyring.ts';
import { sealForSystem } from '../vault/seal.ts';
import { keyringCommand } from './keyring-orders.ts';

let folder: string;
let path: string;
let database: TestDatabase;
let kms: StandInKms;
let keyringKms: KmsSettings | null;
let hasDatabase: boolean;
let lines: string[];
let flags: string[];

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', standInCredentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', standInCredentials.secretAccessKey);
});
afterAll(() => void vi.unstubAllEnvs());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-orders-'));
  path = join(folder, 'keyring.json');
  database = await testDatabase();
  kms = await startStandInKms();
  keyringKms = null;
  hasDatabase = true;
  lines = [];
});
afterEach(async () => {
  await kms[Symbol.asyncDispose]();
  await database.close();
  await rm(folder, { recursive: true });
});

function run(...argv: string[]) {
  const configFor = (given: string[]) => {
    flags = given;
    return { dataDir: folder, databaseUrl: null, keyringPath: path, keyringKms };
  };
  return keyringCommand(argv, configFor, {
    openDatabase: async () => (hasDatabase ? connect(database.appUrl, { max: 1, name: 'command' }) : undefined),
    serviceOf: (settings) => keyServiceOf(settings),
    tell: (line) => void lines.push(line),
    patienceMs: 2_000,
    settleMs: 0,
  });
}

const kmsOf = (keyId = kms.keyId): KmsSettings => ({ keyId, region: 'eu-central-1', endpoint: kms.endpoint });
const serviceOf = (keyId?: string) => keyServiceOf(kmsOf(keyId));
const store = (keyring: Keyring) => insertSecret(database.connection.db, sealForSystem(keyring, 'p', Buffer.from('x')));
const evidence = async () => {
  const rows = await database.connection.db
    .select()
    .from(auditEvents)
    .orderBy(asc(auditEvents.at), asc(auditEvents.seq));
  return rows.map(({ kind, subject }) => ({ kind, subject }));
};
const { username: systemUser } = userInfo();

describe('how it is asked', () => {
  test.each([[[]], [['rotate', 'now']], [['destroy']], [['status', '--force']]])('not by %j', async (argv) => {
    const { status, text } = await run(...argv);
    expect([status, text.includes('npm run keyring -- status | rotate | to-kms | to-file')]).toEqual([2, true]);
  });

  test('--help says how, and where to read on', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, text: expect.stringContaining('docs/keyring.md') });
  });

  test('of the demo, or of another folder', async () => {
    await loadOrCreateKeyring(path);
    await run('status', '--demo');
    expect(flags).toEqual(['--demo']);
    await run('status', '--data-dir', '/srv/sallyport');
    expect(flags).toEqual(['--data-dir', '/srv/sallyport']);
  });

  test('what is wrong with the settings is said as the program says it', async () => {
    const configFor = () => {
      throw new ConfigError('PORT must be a number.');
    };
    const ports = { openDatabase: async () => undefined, serviceOf: () => undefined, tell: () => {} };
    const answer = await keyringCommand(['status'], configFor, { ...ports, patienceMs: 0, settleMs: 0 });
    expect(answer).toEqual({ status: 2, text: 'PORT must be a number.' });
  });
});

describe('status', () => {
  test('tells what each key holds and who runs with it, and no key', async () => {
    const keyring = await loadOrCreateKeyring(path);
    await store(keyring);
    await store(keyring);
    const { connection } = database;
    const log = createLog('test', 'silent');
    const read = () => loadKeyring(path);
    const following = { databaseUrl: database.appUrl, connection, name: 'sallyport gateway keyring', read, log };
    const live = await followKeyring(following);
    const { status, text } = await run('status');
    await live.stop();
    expect(status).toBe(0);
    const [title, seal, key, runs] = text.split('\n');
    expect(title).toBe(`The keyring ${path}`);
    expect(seal).toContain('The file is not sealed');
    expect(key).toMatch(new RegExp(`^  ${keyring.system.id}  seals and opens, made 20.*: 2 stored secrets$`));
    expect(runs).toBe('  Runs with it: gateway.');
    for (const secret of [Buffer.from(keyring.system.key).toString('base64url'), keyring.authSecret]) {
      expect(text).not.toContain(secret);
    }
    expect(await evidence()).toEqual([]);
  });

  test('tells what was retired, and that nobody runs', async () => {
    const { system } = await loadOrCreateKeyring(path);
    await run('rotate');
    const { status, text } = await run('status');
    expect(status).toBe(0);
    expect(text).toMatch(new RegExp(`${system.id}  retired 20.*; backups from before need it`));
    expect(text).toContain('No process runs with it.');
  });

  test('ends with 1 when something is sealed with a key that is not in the keyring', async () => {
    const other = await loadOrCreateKeyring(join(folder, 'other.json'));
    await loadOrCreateKeyring(path);
    await store(other);
    const { status, text } = await run('status');
    expect(status).toBe(1);
    expect(text).toContain(`${other.system.id}  NOT IN THE KEYRING, but needed by 1 stored secret`);
  });

  test('tells of a rotation that is not at its end, and of processes that are behind', async () => {
    const keyring = await loadOrCreateKeyring(path);
    await store(keyring);
    const { connection } = database;
    const behind = {
      databaseUrl: database.appUrl,
      connection,
      name: 'sallyport portal keyring',
      read: async () => keyring,
    };
    const live = await followKeyring({ ...behind, log: createLog('test', 'silent') });
    expect(await run('rotate')).toMatchObject({ status: 1, text: expect.stringContaining('portal') });
    const { text } = await run('status');
    await live.stop();
    expect(text).toContain('opens; seals once every process has read it');
    expect(text).toContain('A rotation is not at its end. To go on: npm run keyring -- rotate');
    expect(text).toContain('NOT READ YET by portal.');
  });

  test('works before there is a database, and not without a keyring', async () => {
    hasDatabase = false;
    expect(await run('status')).toMatchObject({ status: 2, text: expect.stringContaining('There is no keyring at') });
    await loadOrCreateKeyring(path);
    expect(await run('status')).toMatchObject({ status: 0, text: expect.stringContaining('There is no database yet') });
  });
});

describe('rotate', () => {
  test('replaces the key, and says which key older backups need', async () => {
    const before = await loadOrCreateKeyring(path);
    await store(before);
    const { status, text } = await run('rotate');
    expect(status).toBe(0);
    expect(text).toContain(`Backups of the database from before now need ${before.system.id}`);
    const after = await loadKeyring(path);
    expect(systemKeyIds(after)).toHaveLength(1);
    const [recipient] = await database.connection.db.select().from(secretRecipients);
    expect(recipient?.keyId).toBe(after.system.id);
    expect(lines.at(-1)).toContain(`Took the system key ${before.system.id} out`);
    expect(await evidence()).toEqual([
      { kind: 'keyring.key_added', subject: { keyId: after.system.id, systemUser } },
      { kind: 'keyring.key_in_use', subject: { keyId: after.system.id, before: before.system.id, systemUser } },
      { kind: 'keyring.key_retired', subject: { keyId: before.system.id, systemUser } },
    ]);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test('of a copy from before the last one is refused, as long as something needs the newer one', async () => {
    const before = await loadOrCreateKeyring(path);
    const copy = await readFile(path);
    await store(before);
    await run('rotate');
    const known = await evidence();
    await writeFile(path, copy);
    const { status, text } = await run('rotate');
    expect([status, text]).toEqual([
      2,
      expect.stringMatching(/copy from before 20.*Put the newer one back.*the 1 stored/),
    ]);
    expect(await readFile(path)).toEqual(copy);
    expect(await evidence()).toEqual(known);
    // The newer one is lost for good, and what it sealed was deleted.
    await database.connection.db.delete(secretRecipients);
    await database.connection.db.delete(secrets);
    expect((await run('rotate')).status).toBe(0);
  });

  test('takes away what writes that were cut off left of the keyring', async () => {
    await loadOrCreateKeyring(path);
    await writeFile(`${path}.0123456789ab.new`, await readFile(path), { mode: 0o600 });
    await writeFile(`${path}.2026.old`, 'a copy that somebody made');
    expect((await run('rotate')).status).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['keyring.json', 'keyring.json.2026.old']);
  });

  test.runIf(process.geteuid?.() === 0)('is for the user who owns DATA_DIR', async () => {
    await loadOrCreateKeyring(path);
    await chown(folder, 65_534, 65_534);
    for (const order of ['status', 'rotate', 'to-kms', 'to-file'])
      expect(await run(order)).toMatchObject({ status: 2, text: expect.stringContaining('belongs to another user') });
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test('is for one at a time', async () => {
    await loadOrCreateKeyring(path);
    const lock = await takeProcessLock(`${path}.lock`);
    const { status, text } = await run('rotate');
    await lock.release();
    expect([status, text]).toEqual([1, `Somebody else changes the keyring just now (process ${process.pid}).`]);
    expect(await evidence()).toEqual([]);
    expect((await run('rotate')).status).toBe(0);
  });

  test('needs a database and a keyring that it can trust', async () => {
    expect(await run('rotate')).toMatchObject({ status: 2, text: expect.stringContaining('There is no keyring at') });
    await writeFile(path, '{}', { mode: 0o644 });
    expect(await run('rotate')).toMatchObject({ status: 2, text: expect.stringContaining('chmod 600') });
    hasDatabase = false;
    expect(await run('rotate')).toMatchObject({ status: 2, text: expect.stringContaining('There is no database in') });
  });

  test('of a sealed keyring leaves it sealed', async () => {
    keyringKms = kmsOf();
    const before = await loadOrCreateKeyring(path, serviceOf());
    expect((await run('rotate')).status).toBe(0);
    const file = await readKeyringFile(path, serviceOf());
    expect(file?.sealedBy).toBe(kms.keyId);
    expect(file?.content.system).toHaveLength(1);
    expect(file?.content.retired.map(({ id }) => id)).toEqual([before.system.id]);
  });

  test('does nothing to one that is not sealed although it should be', async () => {
    await loadOrCreateKeyring(path);
    keyringKms = kmsOf();
    expect(await run('rotate')).toMatchObject({ status: 1, text: expect.stringContaining('-- to-kms') });
    expect(await evidence()).toEqual([]);
  });

  test('that loses its key service on the way goes on later', async () => {
    keyringKms = kmsOf();
    const before = await loadOrCreateKeyring(path, serviceOf());
    await store(before);
    const read = kms.arrived();
    const original = keyServiceOf(kmsOf())!;
    let makes = 0;
    const failing = {
      ...original,
      makeDataKey: async (purpose: Readonly<Record<string, string>>) =>
        ++makes === 2 ? ({ ok: false, problem: 'gone.' } as const) : original.makeDataKey(purpose),
    };
    const answer = await keyringCommand(
      ['rotate'],
      () => ({ dataDir: folder, databaseUrl: null, keyringPath: path, keyringKms }),
      {
        openDatabase: async () => connect(database.appUrl, { max: 1, name: 'command' }),
        serviceOf: () => failing,
        tell: () => {},
        patienceMs: 2_000,
        settleMs: 0,
      },
    );
    expect(answer).toEqual({ status: 2, text: `The keyring ${path} cannot be sealed: gone.` });
    expect(kms.arrived()).toBeGreaterThan(read);
    expect(systemKeyIds(await loadKeyring(path, serviceOf()))[0]).toBe(before.system.id);
    expect((await run('rotate')).status).toBe(0);
  });
});

describe('to-kms and back', () => {
  test('seals what is there, so that KMS alone opens it, and opens it again', async () => {
    const before = await loadOrCreateKeyring(path);
    keyringKms = kmsOf();
    const sealed = await run('to-kms');
    expect(sealed).toMatchObject({ status: 0, text: expect.stringContaining(`is sealed by ${kms.keyId}`) });
    expect(sealed.text).toContain('Copies of the file from before are not sealed.');
    expect(await readFile(path, 'utf8')).not.toContain(before.authSecret);
    expect(await loadKeyring(path, serviceOf())).toEqual(before);

    expect(await run('to-file')).toMatchObject({ status: 0, text: expect.stringContaining('without a seal') });
    expect(await loadKeyring(path)).toEqual(before);
    expect(await run('to-file')).toEqual({ status: 0, text: 'The keyring has no seal.' });
    expect(await evidence()).toEqual([
      { kind: 'keyring.moved', subject: { sealedBy: kms.keyId, systemUser } },
      { kind: 'keyring.moved', subject: { sealedBy: null, systemUser } },
    ]);
  });

  test('goes from one key of KMS to another', async () => {
    const before = await loadOrCreateKeyring(path, serviceOf());
    keyringKms = kmsOf(kms.otherKeyId);
    expect((await run('to-kms')).status).toBe(0);
    expect((await readKeyringFile(path, serviceOf(kms.otherKeyId)))?.sealedBy).toBe(kms.otherKeyId);
    expect(await loadKeyring(path, serviceOf(kms.otherKeyId))).toEqual(before);
  });

  test('leaves everything as it was when KMS refuses', async () => {
    await loadOrCreateKeyring(path);
    const before = await readFile(path, 'utf8');
    keyringKms = kmsOf();
    kms.getIntoTrouble({ name: 'AccessDeniedException' });
    expect(await run('to-kms')).toMatchObject({ status: 2, text: expect.stringContaining('AWS KMS refuses') });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test.each(['to-kms', 'to-file'])('%s needs the setting, and a keyring', async (order) => {
    await loadOrCreateKeyring(path);
    expect(await run(order)).toEqual({ status: 2, text: 'Set KEYRING_KMS_KEY to the key of AWS KMS that is meant.' });
    keyringKms = kmsOf();
    await rm(path);
    expect(await run(order)).toMatchObject({ status: 2, text: expect.stringContaining('There is no keyring at') });
    hasDatabase = false;
    expect(await run(order)).toMatchObject({ status: 2, text: expect.stringContaining('There is no database in') });
  });

  test('keeps a rotation that is under way', async () => {
    const content = (await loadOrCreateKeyring(path)) && (await readKeyringFile(path))!.content;
    const [current] = content.system;
    await replaceKeyring(path, { ...content, system: [current!, { ...current!, id: 'next', role: 'next' }] });
    keyringKms = kmsOf();
    await run('to-kms');
    expect((await readKeyringFile(path, serviceOf()))?.content.system.map(({ role }) => role)).toEqual([
      'current',
      'next',
    ]);
    expect((await run('rotate')).status).toBe(0);
    const rows = await database.connection.db
      .select()
      .from(auditEvents)
      .where(eq(auditEvents.kind, 'keyring.key_added'));
    expect(rows).toEqual([]);
  });
});

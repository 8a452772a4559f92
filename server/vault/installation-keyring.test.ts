/*
 * A keyring that was lost or exchanged is not replaced in silence: while the database holds what the old one sealed, a
 * start is refused with a sentence that names both ways out, and no file is made. So is a copy from before a rotation. A new
 * installation, the keyring of the last start, and somebody who says that the old one is lost, are let through.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertSecret } from '../../db/queries/secrets.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { keyringOf } from './installation-keyring.ts';
import { KeyringFileError } from './keyring-file.ts';
import { sealForSystem } from './seal.ts';

let folder: string;
let path: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keyring-'));
  path = join(folder, 'keyring.json');
  database = await testDatabase();
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** What a start does, with what it knows from the start before. */
function start({ last, mayReplace = false, from = path }: { last?: string; mayReplace?: boolean; from?: string } = {}) {
  return keyringOf(database.connection.db, { path: from, service: undefined, lastPublicKeyPem: last, mayReplace });
}

async function installation() {
  const keyring = await start();
  await insertSecret(database.connection.db, sealForSystem(keyring, 'a test', Buffer.from('secret')));
  return { keyring, last: keyring.recording.publicKeyPem };
}

test('the keyring of the last start is taken, whatever else is in the database', async () => {
  const { keyring, last } = await installation();
  expect(await start({ last })).toEqual(keyring);
  const { last: next } = {
    last: (await start({ from: join(folder, 'next.json'), mayReplace: true })).recording.publicKeyPem,
  };
  expect((await start({ from: join(folder, 'next.json'), last: next })).recording.publicKeyPem).toBe(next);
});

test('a lost keyring is not made anew while something is sealed with it', async () => {
  const { last } = await installation();
  await rename(path, join(folder, 'elsewhere'));
  const refused = start({ last });
  await expect(refused).rejects.toThrow(KeyringFileError);
  await expect(refused).rejects.toThrow(/no keyring at .* 1 stored credential.*Put that keyring back.*--new-keyring/);
  await expect(start()).rejects.toThrow(KeyringFileError);
  expect(existsSync(path)).toBe(false);
  await rename(join(folder, 'elsewhere'), path);
  expect((await start({ last })).recording.publicKeyPem).toBe(last);
});

test('an exchanged keyring is refused, unless it opens everything', async () => {
  const { keyring, last } = await installation();
  const other = join(folder, 'other.json');
  await start({ from: other, mayReplace: true });
  await expect(start({ last, from: other })).rejects.toThrow(/another one than 1 stored credential/);
  expect(await start({ last: 'a key that was rotated' })).toEqual(keyring);
});

test('a copy from before the key was replaced is refused, unless the newer one is lost', async () => {
  const { keyring, last } = await installation();
  const { audit } = database.context();
  await audit.append({
    kind: 'keyring.key_in_use',
    subject: { keyId: 'new', before: keyring.system.id, systemUser: 'root' },
  });
  expect(await start({ last })).toEqual(keyring); // the command was cut off before it wrote the file
  await audit.append({ kind: 'keyring.key_retired', subject: { keyId: keyring.system.id, systemUser: 'root' } });
  await expect(start({ last })).rejects.toThrow(KeyringFileError);
  await expect(start({ last })).rejects.toThrow(/copy from before 20.* Put the newer one back.*keyring -- rotate/);
  expect(await start({ last, mayReplace: true })).toEqual(keyring);
});

test('a lost keyring of an installation without secrets is made anew', async () => {
  const first = await start();
  await rm(path);
  const second = await start({ last: first.recording.publicKeyPem });
  expect(second.system.id).not.toBe(first.system.id);
});

test('who says that the old one is lost gets a new one', async () => {
  const { keyring, last } = await installation();
  await rm(path);
  expect((await start({ last, mayReplace: true })).system.id).not.toBe(keyring.system.id);
});

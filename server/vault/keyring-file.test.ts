/*
 * The keyring is made once, whole or not at all, readable by its owner only; afterwards it is read and never written.
 * A file that others could have read or put there is refused with a sentence that says what to do, and no message ever
 * repeats what the file contains.
 */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markOf, type SystemKey, systemKeyIds, systemKeyOf } from './keyring.ts';
import { type KeyringContent, newContent, newSystemKey } from './keyring-content.ts';
import { KeyringFileError, loadKeyring, loadOrCreateKeyring, replaceKeyring } from './keyring-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keyring-'));
  path = join(folder, 'keyring.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyringFileError);
  return (error as KeyringFileError).message;
}

async function rewrite(change: (content: Partial<KeyringContent>) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8')) as KeyringContent;
  change(json);
  await writeFile(path, JSON.stringify(json));
}

describe('a new keyring', () => {
  test('has a 256-bit system key, a working Ed25519 pair and a cookie secret', async () => {
    const { system, recording, authSecret } = await loadOrCreateKeyring(path);
    expect(system.key).toHaveLength(32);
    expect(Buffer.from(authSecret, 'base64url')).toHaveLength(32);
    const signature = sign(null, Buffer.from('manifest'), createPrivateKey(recording.privateKeyPem));
    expect(verify(null, Buffer.from('manifest'), createPublicKey(recording.publicKeyPem), signature)).toBe(true);
  });

  test('is 0600 whatever the umask, in folders of its own that are 0700, and leaves no draft behind', async () => {
    path = join(folder, 'deep', 'er', 'keyring.json');
    const before = process.umask(0);
    try {
      await loadOrCreateKeyring(path);
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'deep'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['keyring.json']);
  });

  test('is the same at the next start, byte for byte', async () => {
    const first = await loadOrCreateKeyring(path);
    const bytes = await readFile(path);
    expect(await loadOrCreateKeyring(path)).toEqual(first);
    expect(await loadKeyring(path)).toEqual(first);
    expect(await readFile(path)).toEqual(bytes);
  });

  test('is one even when several starts make it at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKeyring(path)));
    for (const keyring of all) expect(keyring).toEqual(all[0]);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test('differs from every other', async () => {
    const one = await loadOrCreateKeyring(path);
    const two = await loadOrCreateKeyring(join(folder, 'other.json'));
    expect(one.system.key).not.toEqual(two.system.key);
    expect(one.authSecret).not.toBe(two.authSecret);
    expect(one.recording.publicKeyPem).not.toBe(two.recording.publicKeyPem);
  });
});

describe('a keyring that must not be trusted', () => {
  test.each([0o640, 0o604, 0o620, 0o601, 0o666])('mode %o: refused with the command that closes it', async (mode) => {
    await loadOrCreateKeyring(path);
    await chmod(path, mode);
    expect(await refusal(loadOrCreateKeyring(path))).toContain(`chmod 600 '${path}'`);
  });

  test('a symbolic link is refused, even to a good keyring or to nothing', async () => {
    await loadOrCreateKeyring(path);
    const link = join(folder, 'link.json');
    await symlink(path, link);
    expect(await refusal(loadOrCreateKeyring(link))).toContain('symbolic link');
    const dangling = join(folder, 'dangling.json');
    await symlink(join(folder, 'nothing'), dangling);
    expect(await refusal(loadOrCreateKeyring(dangling))).toContain('symbolic link');
    expect(await readdir(folder)).not.toContain('nothing');
  });

  test('a folder and a named pipe are refused without waiting', async () => {
    await mkdir(path, { mode: 0o700 });
    expect(await refusal(loadOrCreateKeyring(path))).toContain('is not a file');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(await refusal(loadOrCreateKeyring(pipe))).toContain('is not a file');
  });

  test.runIf(process.geteuid?.() === 0)('the file of another user is refused', async () => {
    await loadOrCreateKeyring(path);
    await chown(path, 65534, 65534);
    expect(await refusal(loadOrCreateKeyring(path))).toContain(`chown 0 '${path}'`);
  });

  test('a child process does not make one', async () => {
    expect(await refusal(loadKeyring(path))).toContain('There is no keyring');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a damaged keyring', () => {
  test('is refused, kept, and never quoted', async () => {
    const { authSecret } = await loadOrCreateKeyring(path);
    const whole = await readFile(path, 'utf8');
    const spoilt = whole.slice(0, -4);
    await writeFile(path, spoilt);
    const message = await refusal(loadOrCreateKeyring(path));
    expect(message).toContain('it is not JSON');
    expect(message).not.toContain(authSecret);
    expect(await readFile(path, 'utf8')).toBe(spoilt);
  });

  test('names the field that is wrong', async () => {
    await loadOrCreateKeyring(path);
    await rewrite((json) => delete json.authSecret);
    expect(await refusal(loadOrCreateKeyring(path))).toContain('authSecret');
  });

  test('a system key of another length is refused', async () => {
    await loadOrCreateKeyring(path);
    await rewrite((json) => {
      json.system![0]!.key = 'AAAA';
    });
    expect(await refusal(loadOrCreateKeyring(path))).toContain('system.key is not 32 bytes');
  });

  test('a public key that is not the other half of the private key is refused', async () => {
    await loadOrCreateKeyring(path);
    const other = await loadOrCreateKeyring(join(folder, 'other.json'));
    await rewrite((json) => {
      json.recording!.publicKeyPem = other.recording.publicKeyPem;
    });
    expect(await refusal(loadOrCreateKeyring(path))).toContain('not a pair of Ed25519 keys');
  });

  test('a file without end is not read into memory', async () => {
    await writeFile(path, Buffer.alloc(1024 * 1024), { mode: 0o600 });
    expect(await refusal(loadOrCreateKeyring(path))).toContain('too long');
  });

  test.each<[string, (content: KeyringContent) => void, string]>([
    ['no system key at all', (content) => content.system.splice(0), 'exactly one current key'],
    ['two that are in use', (content) => content.system.push(newSystemKey('current', new Date())), 'exactly one'],
    [
      'two that are to be next',
      ({ system }) => system.push(newSystemKey('next', new Date()), newSystemKey('next', new Date())),
      'exactly one',
    ],
    ['one twice', ({ system }) => system.push({ ...system[0]!, role: 'old' }), 'names a key twice'],
    ['a role that there is not', ({ system }) => Object.assign(system[0]!, { role: 'spare' }), 'system.0.role'],
    ['something nobody knows', (content) => Object.assign(content, { extra: 1 }), 'these fields are wrong'],
    ['a version to come', (content) => Object.assign(content, { version: 3 }), 'version'],
  ])('with %s is refused', async (_, change, problem) => {
    const content = newContent(new Date());
    change(content);
    await writeFile(path, JSON.stringify(content), { mode: 0o600 });
    expect(await refusal(loadKeyring(path))).toContain(problem);
  });
});

describe('a keyring of several system keys', () => {
  test('seals with the one in use and opens with all', async () => {
    const content = newContent(new Date());
    const [next, old] = [newSystemKey('next', new Date()), newSystemKey('old', new Date())];
    content.system.unshift(next, old);
    await loadOrCreateKeyring(path);
    await replaceKeyring(path, content);
    const keyring = await loadKeyring(path);
    expect(keyring.system.id).toBe(content.system.at(-1)?.id);
    expect(systemKeyIds(keyring)).toEqual([keyring.system.id, next.id, old.id]);
    expect(systemKeyOf(keyring, old.id)?.key).toEqual(Buffer.from(old.key, 'base64url'));
    expect(systemKeyOf(keyring, 'another')).toBeUndefined();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test('is told from another by its mark, whatever the order of what only opens', () => {
    const [one, two, three] = ['one', 'two', 'three'].map((id) => ({ id, key: randomBytes(32) }));
    const rest = { recording: { id: '', privateKeyPem: '', publicKeyPem: '' }, authSecret: '' };
    const mark = (system = one!, ...otherSystemKeys: SystemKey[]) => markOf({ system, otherSystemKeys, ...rest });
    expect(mark(one, two!, three!)).toBe(mark(one, three!, two!));
    const marks = [mark(one), mark(two), mark(one, two!), mark(two, one!), mark(one, two!, three!)];
    expect(new Set(marks).size).toBe(marks.length);
    for (const each of marks) expect(each > 0 && each < 2 ** 31).toBe(true);
  });
});

describe('a keyring of the first version', () => {
  async function firstVersion(): Promise<string> {
    const { system, recording, authSecret } = newContent(new Date());
    const [{ id, key } = { id: '', key: '' }] = system;
    const text = JSON.stringify({ version: 1, system: { id, key }, recording, authSecret });
    await writeFile(path, text, { mode: 0o600 });
    return text;
  }

  test('is read as it is, and a start does not rewrite it', async () => {
    const text = await firstVersion();
    const { system, authSecret } = JSON.parse(text) as { system: { id: string; key: string }; authSecret: string };
    const keyring = await loadOrCreateKeyring(path);
    expect(keyring).toMatchObject({ system: { id: system.id }, otherSystemKeys: [], authSecret });
    expect(Buffer.from(keyring.system.key).toString('base64url')).toBe(system.key);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('is judged as strictly', async () => {
    const json = JSON.parse(await firstVersion()) as { system: { key: string } };
    json.system.key = 'AAAA';
    await writeFile(path, JSON.stringify(json));
    expect(await refusal(loadKeyring(path))).toContain('system.key is not 32 bytes');
    await writeFile(path, JSON.stringify({ ...json, retired: [] }));
    expect(await refusal(loadKeyring(path))).toContain('these fields are wrong');
  });
});

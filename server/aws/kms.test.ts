/*
 * A keyring that AWS KMS seals holds nothing that opens without KMS: only ciphertext and a wrapped data key, bound to the
 * keyring by its encryption context. One start asks once. Whatever KMS answers, or does not, becomes a sentence that says
 * what to do and tells nothing of the account, and the file stays as it was. The stand-in checks signatures with the
 * SDK's signer and works with real AES.
 */
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KmsSettings } from '../config/config.ts';
import { newContent } from '../vault/keyring-content.ts';
import type { KeyService } from '../vault/keyring-envelope.ts';
import {
  KeyringFileError,
  loadKeyring,
  loadOrCreateKeyring,
  readKeyringFile,
  replaceKeyring,
} from '../vault/keyring-file.ts';
import { keyServiceOf, type Patience } from './kms.ts';
import { type StandInKms, standInCredentials, standInRegion, startStandInKms } from './testing/stand-in-kms.ts';

let folder: string;
let path: string;
let kms: StandInKms;

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', standInCredentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', standInCredentials.secretAccessKey);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterAll(() => void vi.unstubAllEnvs());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-kms-'));
  path = join(folder, 'keyring.json');
  kms = await startStandInKms();
});
afterEach(async () => {
  await kms[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function service(change: Partial<KmsSettings> = {}, patience?: Patience): KeyService {
  const settings = { keyId: kms.keyId, region: standInRegion, endpoint: kms.endpoint, ...change };
  const made = keyServiceOf(settings, patience);
  if (!made) throw new Error('There is a key, so there is a service.');
  return made;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KeyringFileError);
  return (error as KeyringFileError).message;
}

test.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_KMS'])(
  'where %s leads to plain http elsewhere nothing is asked',
  async (name) => {
    let heard = 0;
    const elsewhere = createServer((_request, response) => {
      heard += 1;
      response.end();
    }).listen(0, '127.0.0.2');
    await once(elsewhere, 'listening');
    vi.stubEnv(name, `http://127.0.0.2:${(elsewhere.address() as AddressInfo).port}`);
    const refused = await refusal(loadOrCreateKeyring(path, service({ endpoint: null })));
    // What is configured for us comes first.
    expect(await loadOrCreateKeyring(path, service())).toBeDefined();
    vi.stubEnv(name, undefined);
    elsewhere.close();
    expect(refused).toContain('over plain http');
    expect(heard).toBe(0);
  },
);

test('without a key in the configuration there is no service', () => {
  expect(keyServiceOf(null)).toBeUndefined();
});

describe('a sealed keyring', () => {
  test('is opened again by whoever may ask KMS, with one question', async () => {
    const made = await loadOrCreateKeyring(path, service());
    const before = kms.arrived();
    expect(await loadKeyring(path, service())).toEqual(made);
    expect(kms.arrived() - before).toBe(1);
    expect(kms.asked.at(-1)).toMatchObject({ operation: 'Decrypt', key: kms.keyId });
  });

  test('has nothing of what it seals in its file, which is 0600 and alone', async () => {
    const { system, recording, authSecret } = await loadOrCreateKeyring(path, service());
    const text = await readFile(path, 'utf8');
    const secrets = [authSecret, Buffer.from(system.key).toString('base64url'), recording.privateKeyPem.slice(30, 80)];
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(Object.keys(JSON.parse(text).sealed).sort()).toEqual(['ciphertext', 'id', 'key', 'nonce', 'wrappedKey']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  test('has a data key of its own each time it is written, bound to it by the encryption context', async () => {
    await loadOrCreateKeyring(path, service());
    const first = JSON.parse(await readFile(path, 'utf8')).sealed;
    const content = (await readKeyringFile(path, service()))!.content;
    await replaceKeyring(path, content, service());
    const second = JSON.parse(await readFile(path, 'utf8')).sealed;
    expect(second.wrappedKey).not.toBe(first.wrappedKey);
    expect(kms.asked.map(({ context }) => context)).toContainEqual({
      'sallyport:purpose': 'keyring',
      'sallyport:id': second.id,
    });
  });

  test('may be named by an alias', async () => {
    const byAlias = service({ keyId: 'alias/keyring' });
    const made = await loadOrCreateKeyring(path, byAlias);
    expect(await loadKeyring(path, byAlias)).toEqual(made);
    expect((await readKeyringFile(path, byAlias))?.sealedBy).toBe(kms.keyId);
  });

  test('is one even when several starts make it at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => loadOrCreateKeyring(path, service())));
    for (const keyring of all) expect(keyring).toEqual(all[0]);
  });

  test('stays closed without a service, and says which key it needs', async () => {
    await loadOrCreateKeyring(path, service());
    expect(await refusal(loadKeyring(path))).toBe(
      `The keyring ${path} is sealed by ${kms.keyId}. Set KEYRING_KMS_KEY to that key.`,
    );
  });

  test('is trusted by the same rule as any', async () => {
    await loadOrCreateKeyring(path, service());
    await chmod(path, 0o640);
    expect(await refusal(loadKeyring(path, service()))).toContain(`chmod 600 '${path}'`);
  });

  test('is asked for: one that is not sealed is refused where KMS is configured', async () => {
    const made = await loadOrCreateKeyring(path);
    expect(await refusal(loadOrCreateKeyring(path, service()))).toContain('npm run keyring -- to-kms');
    expect(kms.arrived()).toBe(0);
    expect(await loadKeyring(path)).toEqual(made);
  });
});

describe('what was changed or exchanged in the file', () => {
  type Sealed = { id: string; key: string; wrappedKey: string; nonce: string; ciphertext: string };
  const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;

  test.each<[string, (sealed: Sealed, other: Sealed) => void, string]>([
    ['its text', (it) => Object.assign(it, { ciphertext: flip(it.ciphertext) }), 'not as it was sealed'],
    ['its nonce', (it) => Object.assign(it, { nonce: flip(it.nonce) }), 'not as it was sealed'],
    ['the name of its key', (it) => Object.assign(it, { key: 'arn:aws:kms:of:another' }), 'not as it was sealed'],
    ['its id', (it) => Object.assign(it, { id: 'another' }), 'data key was altered'],
    ['its data key', (it) => Object.assign(it, { wrappedKey: it.wrappedKey.slice(0, -4) }), 'data key was altered'],
    ['the data key of another', (it, other) => Object.assign(it, { wrappedKey: other.wrappedKey }), 'was altered'],
    ['a part of it', (it) => Object.assign(it, { nonce: undefined }), 'its seal is not whole'],
    ['more than it has', (it) => Object.assign(it, { more: 1 }), 'its seal is not whole'],
  ])('%s: is noticed', async (_, change, problem) => {
    const elsewhere = join(folder, 'other.json');
    await loadOrCreateKeyring(path, service());
    await loadOrCreateKeyring(elsewhere, service());
    const [it, other] = await Promise.all(
      [path, elsewhere].map(async (each) => JSON.parse(await readFile(each, 'utf8')) as { sealed: Sealed }),
    );
    change(it!.sealed, other!.sealed);
    await writeFile(path, JSON.stringify(it));
    expect(await refusal(loadKeyring(path, service()))).toContain(problem);
  });
});

describe('KMS in trouble', () => {
  const impatient = { connectMs: 500, answerMs: 60, altogetherMs: 5_000 };

  test.each([
    ['AccessDeniedException', 'Allow kms:GenerateDataKey and kms:Decrypt'],
    ['NotFoundException', 'Check KEYRING_KMS_KEY and the region'],
    ['KMSInvalidStateException', 'Enable it again'],
    ['KeyUnavailableException', 'Try again in a moment'],
    ['ExpiredTokenException', 'Renew them'],
    ['UnrecognizedClientException', 'AWS does not know the credentials'],
    ['SomethingNew', 'AWS KMS did not do it (SomethingNew)'],
  ])('%s is a sentence, without what AWS says of its account', async (name, sentence) => {
    await loadOrCreateKeyring(path, service());
    const before = await readFile(path, 'utf8');
    kms.getIntoTrouble({ name }, 9);
    const said = await refusal(loadKeyring(path, service()));
    expect(said).toContain(sentence);
    expect(said).not.toMatch(/111122223333:user/);
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('a key that was disabled, and one that is not the sealing one', async () => {
    await loadOrCreateKeyring(path, service());
    expect(await refusal(loadKeyring(path, service({ keyId: kms.otherKeyId })))).toContain('sealed by another key');
    kms.disable(kms.keyId);
    expect(await refusal(loadKeyring(path, service()))).toContain('Enable it again');
  });

  test('throttling that passes is waited for, and one that lasts is said', async () => {
    const made = await loadOrCreateKeyring(path, service());
    kms.getIntoTrouble({ name: 'ThrottlingException' }, 2);
    expect(await loadKeyring(path, service())).toEqual(made);
    kms.getIntoTrouble({ name: 'ThrottlingException' }, 3);
    expect(await refusal(loadKeyring(path, service()))).toContain('too much to do just now');
  });

  test('silence ends, after three tries', async () => {
    await loadOrCreateKeyring(path, service());
    const before = kms.arrived();
    kms.getIntoTrouble('silence', 3);
    expect(await refusal(loadKeyring(path, service({}, impatient)))).toContain('gave no answer in time');
    expect(kms.arrived() - before).toBe(3);
  });

  test('an answer of something that is not KMS', async () => {
    kms.getIntoTrouble('garbage', 3);
    expect(await refusal(loadOrCreateKeyring(path, service()))).toContain('Is KEYRING_KMS_ENDPOINT really KMS?');
    expect(await readdir(folder)).toEqual([]);
  });

  test('an address where nobody is', async () => {
    const nowhere = service({ endpoint: 'http://127.0.0.1:1' });
    expect(await refusal(loadOrCreateKeyring(path, nowhere))).toContain('cannot be reached');
  });

  test('a region that nobody named', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'));
    expect(await refusal(loadOrCreateKeyring(path, service({ region: null })))).toContain('Set KEYRING_KMS_REGION');
  });

  test('a machine without credentials, or with wrong ones', async () => {
    await loadOrCreateKeyring(path, service());
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'stolen, but not this one');
    expect(await refusal(loadKeyring(path, service()))).toContain('AWS does not know the credentials');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv('HOME', folder);
    try {
      expect(await refusal(loadKeyring(path, service()))).toContain('There are no AWS credentials on this machine');
    } finally {
      vi.stubEnv('AWS_ACCESS_KEY_ID', standInCredentials.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', standInCredentials.secretAccessKey);
    }
  });

  test('a key that may wrap but not open does not take the place of a file that opens', async () => {
    const made = await loadOrCreateKeyring(path);
    const may = service();
    const mayNotOpen: KeyService = {
      makeDataKey: may.makeDataKey,
      openDataKey: async () => ({ ok: false, problem: 'AWS KMS refuses.' }),
    };
    const replaced = replaceKeyring(path, newContent(new Date()), mayNotOpen);
    expect(await refusal(replaced)).toContain('cannot be sealed: AWS KMS refuses.');
    expect(await loadKeyring(path)).toEqual(made);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });
});

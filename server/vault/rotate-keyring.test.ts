/*
 * A rotation replaces the system key under everything that stands anywhere, while processes run and seal, and loses
 * nothing: cut off at any step, what was sealed before and since opens for every process, and the next run brings it to its
 * end. No key seals before every process can open what it seals, and none is taken out while anything could need it.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { countSealed } from '../../db/queries/sealed-rows.ts';
import { findSecret, insertSecret } from '../../db/queries/secrets.ts';
import { type CredentialId, newId, type SecretId } from '../ids.ts';
import { sealCredential } from './credential-secret.ts';
import { systemKeyIds } from './keyring.ts';
import { keyringFrom } from './keyring-content.ts';
import { loadKeyring, readKeyringFile, replaceKeyring } from './keyring-file.ts';
import type { Rotation } from './rotate-keyring.ts';
import {
  all,
  anInstallationForEach,
  aProcess,
  before,
  ctx,
  database,
  kindsOfAudit,
  none,
  path,
  rotate,
  somethingOfEverything,
} from './testing/rotation-rig.ts';

anInstallationForEach();

describe('a rotation', () => {
  test('carries over everything that stands under the older key, for every running process', async () => {
    const opens = await somethingOfEverything();
    const [gateway, portal] = [await aProcess(), await aProcess(undefined, 'sallyport portal keyring')];
    const lines: string[] = [];
    expect(await rotate({ lines })).toEqual([before.system.id]);

    const after = await loadKeyring(path);
    expect(systemKeyIds(after)).toHaveLength(1);
    expect(after.system.id).not.toBe(before.system.id);
    expect(await opens(after)).toEqual(all);
    expect(await opens(before)).toEqual(none);
    expect([await opens(gateway), await opens(portal)]).toEqual([all, all]);
    await expect.poll(() => [gateway, portal].map(systemKeyIds)).toEqual([[after.system.id], [after.system.id]]);
    expect(await kindsOfAudit()).toEqual(['keyring.key_added', 'keyring.key_in_use', 'keyring.key_retired']);
    expect(lines).toEqual([
      `Added the system key ${after.system.id} to the keyring.`,
      'Every running process has read it: gateway, portal.',
      `From now on ${after.system.id} is what seals.`,
      'Every running process has read it: gateway, portal.',
      'Carried over to the new key: 1 stored secret.',
      'Carried over to the new key: 1 waiting launch.',
      'Carried over to the new key: 1 running session.',
      'Carried over to the new key: 1 message to an identity API.',
      'Carried over to the new key: 1 public key of a person.',
      `Took the system key ${before.system.id} out of the keyring: nothing needs it any more.`,
    ]);
  });

  test('leaves what is no concern of the system key: signatures, sign-ins, and what is sealed for people', async () => {
    await somethingOfEverything();
    const { db } = database.connection;
    const personal = { kind: 'person' as const, keyId: before.system.id, wrappedKey: randomBytes(60) };
    const id = newId<SecretId>();
    await insertSecret(db, {
      id,
      purpose: 'p',
      nonce: randomBytes(12),
      ciphertext: randomBytes(20),
      recipients: [personal],
    });
    await rotate();
    const { recording, authSecret } = await loadKeyring(path);
    expect([recording, authSecret]).toEqual([before.recording, before.authSecret]);
    expect((await findSecret(db, id))?.recipients).toMatchObject([
      { kind: 'person', keyId: before.system.id, wrappedKey: Buffer.from(personal.wrappedKey) },
    ]);
  });

  test('writes a keyring of the first version as one of the second, which remembers what was retired', async () => {
    const { content } = (await readKeyringFile(path))!;
    const { system, recording, authSecret } = content;
    const first = { version: 1, system: { id: system[0]!.id, key: system[0]!.key }, recording, authSecret };
    await writeFile(path, JSON.stringify(first));
    const opens = await somethingOfEverything();
    await rotate();
    const file = (await readKeyringFile(path))!.content;
    expect(file).toMatchObject({ version: 2, retired: [{ id: before.system.id }], recording, authSecret });
    expect(await opens(keyringFrom(file))).toEqual(all);
  });

  test('goes through everything, page by page, and again the next time', async () => {
    const { db } = database.connection;
    for (let n = 0; n < 230; n += 1) {
      await insertSecret(db, sealCredential(before, newId<CredentialId>(), { type: 'password', password: String(n) }));
    }
    const lines: string[] = [];
    await rotate({ lines });
    expect(lines).toContain('Carried over to the new key: 230 stored secrets.');
    const second = await loadKeyring(path);
    await rotate();
    const third = await loadKeyring(path);
    expect(new Set([before.system.id, second.system.id, third.system.id]).size).toBe(3);
    expect(await countSealed(db)).toEqual([{ place: 'secrets', keyId: third.system.id, n: 230 }]);
  });

  test('of an empty installation is one, too', async () => {
    expect(await rotate()).toEqual([before.system.id]);
  });
});

describe('cut off', () => {
  class CutOff extends Error {}

  /** Runs until the n-th of the things that a rotation does outside itself; `true` when it came to its end. */
  async function until(n: number): Promise<boolean> {
    let left = n;
    const counted = <A extends unknown[], R>(work: (...args: A) => R, isAfter: boolean) => {
      return (...args: A): R => {
        if (!isAfter && left-- === 0) throw new CutOff();
        const result = work(...args);
        if (isAfter && left-- === 0) throw new CutOff();
        return result;
      };
    };
    const audit = { ...ctx.audit, append: counted(ctx.audit.append, false) };
    const write = async (content: Parameters<Rotation['write']>[0]) => {
      if (left-- === 0) throw new CutOff();
      await replaceKeyring(path, content);
      if (left-- === 0) throw new CutOff();
    };
    return rotate({ audit, write, tell: counted(() => undefined, true) }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof CutOff) return false;
        throw error;
      },
    );
  }

  test('at every step: all opens in the file and in the processes, before and since, and the next run ends it', async () => {
    const opens = [await somethingOfEverything()];
    const gateway = await aProcess();
    let steps = 0;
    let isDone = false;
    for (; !isDone; steps += 1) {
      const first = (await loadKeyring(path)).system.id;
      isDone = await until(steps);
      const now = await loadKeyring(path);
      for (const each of opens) expect([steps, await each(now), await each(gateway)]).toEqual([steps, all, all]);
      opens.push(await somethingOfEverything(gateway));
      for (const each of opens) expect([steps, await each(now)]).toEqual([steps, all]);
      await rotate();
      const end = await loadKeyring(path);
      expect([systemKeyIds(end).length, end.system.id === first]).toEqual([1, false]);
      for (const each of opens) expect([steps, await each(end), await each(gateway)]).toEqual([steps, all, all]);
    }
    expect(steps).toBeGreaterThan(15);
  }, 120_000);
});

/*
 * A rotation replaces the system key under everything that stands anywhere, while processes run and seal, and loses
 * nothing: cut off at any step, what was sealed before and since opens for every process, and the next run brings it to its
 * end. No key seals before every process can open what it seals, and none is taken out while anything could need it.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listKeyringReaders } from '../../db/keyring-readers.ts';
import { insertJob } from '../../db/queries/jobs.ts';
import { insertLaunch } from '../../db/queries/launches.ts';
import { countSealed } from '../../db/queries/sealed-rows.ts';
import { deleteSecret, findSecret, insertSecret } from '../../db/queries/secrets.ts';
import { auditEvents, jobs, launches, personKeys, secretRecipients, sessions } from '../../db/schema.ts';
import { anActor, aPerson, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { type CredentialId, type JobId, type LaunchId, newId, type SecretId } from '../ids.ts';
import { endSession, endSessionKind, owedEndPurpose, sealOwedEnd } from '../launch/end-session-job.ts';
import { launchKeysPurpose } from '../launch/receive-launch.ts';
import { openCredential, sealCredential } from './credential-secret.ts';
import { type Keyring, systemKeyIds } from './keyring.ts';
import { keyringFrom } from './keyring-content.ts';
import { loadKeyring, loadOrCreateKeyring, readKeyringFile, replaceKeyring } from './keyring-file.ts';
import { followKeyring, type LiveKeyring } from './live-keyring.ts';
import { isAttested } from './person-key.ts';
import { type Rotation, RotationStopped, rotateKeyring } from './rotate-keyring.ts';
import { openText, sealText } from './seal-text.ts';
import { withMasterPassword } from './testing/master-password.ts';

let folder: string;
let path: string;
let database: TestDatabase;
let ctx: Context;
let before: Keyring;
let live: LiveKeyring[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-rotate-'));
  path = join(folder, 'keyring.json');
  database = await testDatabase();
  before = await loadOrCreateKeyring(path);
  ctx = { ...database.context(), keyring: before };
  live = [];
});
afterEach(async () => {
  for (const each of live) await each.stop();
  await database.close();
  await rm(folder, { recursive: true });
});

/** A process that follows the keyring as those of the program do. */
async function aProcess(read = () => loadKeyring(path), name = 'sallyport gateway keyring'): Promise<Keyring> {
  const { connection } = database;
  const followed = await followKeyring({ databaseUrl: database.appUrl, connection, name, read, log: ctx.log });
  live.push(followed);
  return followed.keyring;
}

type Given = Partial<Rotation> & { lines?: string[] };

async function rotate({ lines = [], ...given }: Given = {}): Promise<string[]> {
  const file = await readKeyringFile(path);
  if (!file) throw new Error('There is a keyring.');
  return rotateKeyring({
    content: file.content,
    write: (content) => replaceKeyring(path, content),
    db: database.connection.db,
    audit: ctx.audit,
    clock: ctx.clock,
    systemUser: 'root',
    tell: (line) => void lines.push(line),
    patienceMs: 5_000,
    settleMs: 0,
    ...given,
  });
}

const owed = {
  apiUrl: 'https://api.example',
  apiKey: 'key',
  apiApplicationKey: newId<string>(),
  computer: '1',
  credential: newId<string>(),
  loginsessionid: newId<string>(),
  checkout: newId<string>(),
  mode: 'SSH',
};
const claims = {
  computerId: 1,
  isPersonalCred: false,
  checkOutId: newId<string>(),
  loginSessionId: newId<string>(),
  apiUrl: 'https://api.example',
  mode: 'SSH',
  credentialId: newId<string>(),
  width: 800,
  height: 600,
  dpi: 96,
  delaySeconds: 0,
} as const;

/** Something of each kind that a system key holds; answers how to see that all of it opens with a keyring. */
async function somethingOfEverything(keyring = before) {
  const { db } = database.connection;
  const credentialId = newId<CredentialId>();
  const secret = sealCredential(keyring, credentialId, { type: 'password', password: 'pässword' });
  await insertSecret(db, secret);
  const launchId = newId<LaunchId>();
  const times = { createdAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
  const sealedKeys = sealText(keyring, launchKeysPurpose(launchId), 'ApiKey');
  await insertLaunch(db, { id: launchId, origin: null, claims, sealedKeys, ...times });
  const person = await anActor(db);
  const asking = await aSession(db, person);
  await db
    .update(sessions)
    .set({ endOwed: sealOwedEnd(keyring, asking.id, owed) })
    .where(eq(sessions.id, asking.id));
  const ended = await aSession(db, person);
  const jobId = newId<JobId>();
  await insertJob(db, {
    id: jobId,
    kind: endSessionKind,
    key: ended.id,
    sessionId: ended.id,
    payload: sealOwedEnd(keyring, ended.id, owed),
    dueAt: times.expiresAt,
    giveUpAt: times.expiresAt,
    createdAt: times.createdAt,
  });
  await withMasterPassword({ ...ctx, keyring }, person.person.id);

  return async (opening: Keyring): Promise<Record<string, boolean>> => {
    const [launch] = await db.select().from(launches).where(eq(launches.id, launchId));
    const [session] = await db.select().from(sessions).where(eq(sessions.id, asking.id));
    const [job] = await db.select().from(jobs).where(eq(jobs.id, jobId));
    const [key] = await db.select().from(personKeys).where(eq(personKeys.personId, person.person.id));
    const stored = await findSecret(db, secret.id);
    const opened = stored && openCredential(opening, credentialId, stored);
    const texts = [
      openText(opening, owedEndPurpose(asking.id), session!.endOwed!),
      openText(opening, owedEndPurpose(ended.id), job!.payload!),
    ];
    return {
      secret: opened?.ok === true && opened.secret.type === 'password' && opened.secret.password === 'pässword',
      launch: openText(opening, launchKeysPurpose(launchId), launch!.sealedKeys) === 'ApiKey',
      session: texts[0] === JSON.stringify(owed),
      job: texts[1] === JSON.stringify(owed),
      personKey: isAttested(opening, key!),
    };
  };
}

const all = { secret: true, launch: true, session: true, job: true, personKey: true };
const none = { secret: false, launch: false, session: false, job: false, personKey: false };
const kindsOfAudit = async () =>
  (await database.connection.db.select().from(auditEvents))
    .map(({ kind }) => kind)
    .filter((kind) => /keyring/.test(kind));

/** The message of the refusal with which a rotation stops. */
async function stopped(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RotationStopped);
  return (error as RotationStopped).message;
}

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

describe('processes', () => {
  test('that have not read the new key keep it from sealing, and the next run goes on when they have', async () => {
    const opens = await somethingOfEverything();
    let isStubborn = false;
    const stubborn = await aProcess(async () => (isStubborn ? before : loadKeyring(path)), 'sallyport portal keyring');
    isStubborn = true;
    const said = await stopped(rotate({ patienceMs: 150 }));
    expect(said).toContain('Not every running process has read the keyring: portal.');
    const { content } = (await readKeyringFile(path))!;
    expect(content.system.map(({ role }) => role)).toEqual(['current', 'next']);
    expect(content.system[0]?.id).toBe(before.system.id);
    expect(await opens(stubborn)).toEqual(all);
    isStubborn = false;
    expect(await rotate()).toEqual([before.system.id]);
    expect(await opens(stubborn)).toEqual(all);
  });

  test('that still seal with the older key keep it in the keyring', async () => {
    let reads = 0;
    let halfRead = before;
    // It reads the key that is to come, and then never again.
    const half = await aProcess(async () => {
      reads += 1;
      if (reads <= 2) halfRead = await loadKeyring(path);
      return halfRead;
    });
    const said = await stopped(rotate({ patienceMs: 150 }));
    expect(said).toContain('gateway');
    expect(half.system.id).toBe(before.system.id);
    const opens = await somethingOfEverything(half);
    const { content } = (await readKeyringFile(path))!;
    expect(content.system.map(({ role }) => role)).toEqual(['old', 'current']);
    expect(await opens(keyringFrom(content))).toEqual(all);
    reads = 0;
    await rotate();
    expect(await opens(await loadKeyring(path))).toEqual(all);
  });
  test('that start in the middle of it are waited for', async () => {
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const starting = aProcess(async () => {
      await slow;
      return loadKeyring(path);
    });
    await expect.poll(() => listKeyringReaders(database.connection.db)).toMatchObject([{ mark: 0 }]);
    const lines: string[] = [];
    const rotating = rotate({ lines });
    await expect.poll(() => lines).toHaveLength(1);
    finish();
    await starting;
    expect(await rotating).toEqual([before.system.id]);
  });

  test('that ended are not waited for', async () => {
    await aProcess();
    await live.pop()?.stop();
    expect(await rotate({ patienceMs: 0 })).toEqual([before.system.id]);
  });

  test('that seal all the while lose nothing', async () => {
    const gateway = await aProcess();
    const { db } = database.connection;
    const sealed: { id: SecretId; credentialId: CredentialId }[] = [];
    let isOver = false;
    const sealing = (async () => {
      while (!isOver) {
        const credentialId = newId<CredentialId>();
        const secret = sealCredential(gateway, credentialId, { type: 'password', password: credentialId });
        await insertSecret(db, secret);
        sealed.push({ id: secret.id, credentialId });
      }
    })();
    await rotate({ settleMs: 200 });
    isOver = true;
    await sealing;
    const after = await loadKeyring(path);
    expect(sealed.length).toBeGreaterThan(10);
    for (const { id, credentialId } of sealed) {
      expect(openCredential(after, credentialId, (await findSecret(db, id))!).ok).toBe(true);
    }
  });
});

describe('a transaction that sealed with the older key', () => {
  /** Runs `work` in a transaction that stays open until `commit` is called. */
  async function openTransaction(work: (tx: Parameters<typeof endSession>[0]) => Promise<unknown>) {
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let begun = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const ended = database.connection.db.transaction(async (tx) => {
      await work(tx);
      begun();
      await held;
    });
    await started;
    return async () => {
      commit();
      await ended;
    };
  }

  test('is waited for, and what it wrote is carried over', async () => {
    const credentialId = newId<CredentialId>();
    const secret = sealCredential(before, credentialId, { type: 'password', password: 'late' });
    const commit = await openTransaction((tx) => insertSecret(tx, secret));
    expect(await stopped(rotate({ patienceMs: 150 }))).toContain('A transaction in the database is open');
    const lines: string[] = [];
    const rotating = rotate({ lines });
    await expect.poll(() => lines).toEqual(['Going on with the rotation that was begun before.']);
    await commit();
    expect(await rotating).toEqual([before.system.id]);
    const stored = await findSecret(database.connection.db, secret.id);
    expect(openCredential(await loadKeyring(path), credentialId, stored!).ok).toBe(true);
  });

  test('is waited for where what a session owes becomes a message', async () => {
    const { db } = database.connection;
    const { id } = await aSession(db, await anActor(db));
    await db
      .update(sessions)
      .set({ endOwed: sealOwedEnd(before, id, owed) })
      .where(eq(sessions.id, id));
    const ending = { endedAt: new Date(), reason: 'closed', detail: null, exitStatus: null, bytesIn: 0, bytesOut: 0 };
    const commit = await openTransaction((tx) => endSession(tx, id, ending as Parameters<typeof endSession>[2]));
    const lines: string[] = [];
    const rotating = rotate({ lines });
    await expect.poll(() => lines.length).toBeGreaterThan(1);
    await commit();
    await rotating;
    const [job] = await db.select().from(jobs).where(eq(jobs.sessionId, id));
    expect(openText(await loadKeyring(path), owedEndPurpose(id), job!.payload!)).toBe(JSON.stringify(owed));
  });
});

describe('what cannot be carried over', () => {
  test('keeps the older key, is named, and is no hindrance once it is gone', async () => {
    const { db } = database.connection;
    const opens = await somethingOfEverything();
    const credentialId = newId<CredentialId>();
    const secret = sealCredential(before, credentialId, { type: 'password', password: 'x' });
    await insertSecret(db, secret);
    await db
      .update(secretRecipients)
      .set({ wrappedKey: randomBytes(60) })
      .where(eq(secretRecipients.secretId, secret.id));
    const said = await stopped(rotate());
    expect(said).toContain(`The older key stays in the keyring`);
    expect(said).toContain(`stored secret credential/${credentialId}`);
    expect(systemKeyIds(await loadKeyring(path))).toContain(before.system.id);
    expect(await opens(await loadKeyring(path))).toEqual(all);
    await deleteSecret(db, secret.id);
    expect(await rotate()).toEqual([before.system.id]);
  });

  test('may be work of a kind that is not known here', async () => {
    const { db } = database.connection;
    const payload = sealText(before, 'something new', 'text');
    const at = new Date();
    const id = newId<JobId>();
    await insertJob(db, {
      id,
      kind: 'new',
      key: 'k',
      sessionId: null,
      payload,
      dueAt: at,
      giveUpAt: at,
      createdAt: at,
    });
    expect(await stopped(rotate())).toContain(`message to an identity API ${id}`);
    expect(openText(await loadKeyring(path), 'something new', payload)).toBe('text');
  });

  test('is a public key that somebody put there: it stays as little ours as it was, and hinders nothing', async () => {
    const { db } = database.connection;
    const { id: personId } = await aPerson(db);
    await withMasterPassword(ctx, personId);
    await db
      .update(personKeys)
      .set({ publicKey: randomBytes(32) })
      .where(eq(personKeys.personId, personId));
    expect(await rotate()).toEqual([before.system.id]);
    const [key] = await db.select().from(personKeys).where(eq(personKeys.personId, personId));
    expect(key?.attestedBy).toBe(before.system.id);
    expect(isAttested(await loadKeyring(path), key!)).toBe(false);
  });
});

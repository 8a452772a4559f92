/*
 * A rotation while others run: it waits for every process that could meet the new key, for those that are just starting and
 * for transactions that sealed with the old one, passes over the dead, and keeps the old key while anything needs it.
 */
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { listKeyringReaders } from '../../db/keyring-readers.ts';
import { insertJob } from '../../db/queries/jobs.ts';
import { deleteSecret, findSecret, insertSecret } from '../../db/queries/secrets.ts';
import { jobs, personKeys, secretRecipients, sessions } from '../../db/schema.ts';
import { anActor, aPerson, aSession } from '../../db/testing/builders.ts';
import { type CredentialId, type JobId, newId, type SecretId } from '../ids.ts';
import { endSession, owedEndPurpose, sealOwedEnd } from '../launch/end-session-job.ts';
import { openCredential, sealCredential } from './credential-secret.ts';
import { systemKeyIds } from './keyring.ts';
import { keyringFrom } from './keyring-content.ts';
import { loadKeyring, readKeyringFile } from './keyring-file.ts';
import { isAttested } from './person-key.ts';
import { openText, sealText } from './seal-text.ts';
import { withMasterPassword } from './testing/master-password.ts';
import {
  all,
  anInstallationForEach,
  aProcess,
  before,
  ctx,
  database,
  live,
  owed,
  path,
  rotate,
  somethingOfEverything,
  stopped,
} from './testing/rotation-rig.ts';

anInstallationForEach();

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

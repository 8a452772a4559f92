/*
 * A credential leaves the vault for one session that was decided a moment ago, and only for somebody who proved just now that they are there, after the audit log has it. When the
 * computer, its address or its credential is no longer what was authorised, or the secret cannot be opened, nothing
 * leaves; the answer is a plain code, and the operator's log says what is wrong without saying what it is about.
 */
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertSecret } from '../../db/queries/secrets.ts';
import { computers, credentials, secretRecipients, secrets } from '../../db/schema.ts';
import { aComputer, aCredential, anActor, aPerson, aSession } from '../../db/testing/builders.ts';
import { testContext, testKeyring } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Context } from '../context.ts';
import type { CredentialId } from '../ids.ts';
import { type CredentialSecret, sealCredential } from './credential-secret.ts';
import { openWithMasterPassword } from './master-password.ts';
import type { PersonKeyHandle } from './person-key-handle.ts';
import { type Release, releaseCredential } from './release-credential.ts';
import { masterPassword, withMasterPassword } from './testing/master-password.ts';

let database: TestDatabase;
let ctx: Context;
let logged: unknown[];
let password: string;
let credentialId: CredentialId;
let handle: PersonKeyHandle;
let release: Release;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  logged = [];
  const note = (...line: unknown[]) => void logged.push(...line);
  ctx = { ...testContext(database.connection), log: { debug: note, info: note, warn: note, error: note } };
  password = randomBytes(18).toString('base64url');
  credentialId = await aSharedCredential({ type: 'password', password });
  ({ handle, release } = await aRelease(credentialId));
});

async function aSharedCredential(secret: CredentialSecret): Promise<CredentialId> {
  const { db } = database.connection;
  const { id } = await aCredential(db, { type: secret.type, username: 'operator' });
  const sealed = sealCredential(ctx.keyring, id, secret);
  await insertSecret(db, sealed);
  await db.update(credentials).set({ secretId: sealed.id }).where(eq(credentials.id, id));
  return id;
}

/** Somebody who has just given their master password, and what was decided for them. */
async function aRelease(sharedCredentialId: CredentialId): Promise<{ handle: PersonKeyHandle; release: Release }> {
  const { db } = database.connection;
  const { person, login } = await anActor(db);
  await withMasterPassword(ctx, person.id);
  const computer = await aComputer(db, { sharedCredentialId });
  const session = await aSession(db, { person, login }, { computerId: computer.id });
  const handle = valueIn(await openWithMasterPassword(ctx, person.id, masterPassword));
  return { handle, release: { sessionId: session.id, computer, credentialId: sharedCredentialId, isPersonal: false } };
}

async function released() {
  const rows = await database.connection.sql<{ actor_id: string; subject: object }[]>`
    select actor_id, subject from audit_events
    where kind = 'credential.released' and session_id = ${release.sessionId}`;
  return [...rows];
}

async function secretIdOf(id: CredentialId) {
  const [row] = await database.connection.db.select().from(credentials).where(eq(credentials.id, id));
  return row!.secretId!;
}

describe('a release', () => {
  test('gives user name and password, and the audit log knows to whom and for what, not which', async () => {
    const outcome = await releaseCredential(ctx, handle, release);
    expect(outcome).toEqual({ ok: true, value: { type: 'password', username: 'operator', password } });
    const evidence = await released();
    expect(evidence).toEqual([
      { actor_id: handle.personId, subject: { credentialId, computerId: release.computer.id } },
    ]);
    expect(JSON.stringify([evidence, logged])).not.toContain(password);
  });

  test('gives a private key', async () => {
    const secret = { type: 'ssh_key', privateKey: 'a key' } as const;
    ({ handle, release } = await aRelease(await aSharedCredential(secret)));
    expect(valueIn(await releaseCredential(ctx, handle, release))).toEqual({ ...secret, username: 'operator' });
  });

  test('does not happen when its evidence cannot be written', async () => {
    const broken: Context = {
      ...ctx,
      audit: { ...ctx.audit, append: () => Promise.reject(new Error('the audit log is full')) },
    };
    await expect(releaseCredential(broken, handle, release)).rejects.toThrow('the audit log is full');
  });
});

describe('nothing is released', () => {
  async function expectRefusal(code: string): Promise<void> {
    expect(await releaseCredential(ctx, handle, release)).toEqual({ ok: false, code });
    expect(await released()).toEqual([]);
    expect(JSON.stringify(logged)).not.toContain(password);
  }

  test.each([
    ['another server', { server: 'evil.example' }],
    ['another port', { port: 2222 }],
    ['no credential any more', { sharedCredentialId: null }],
  ])('when the computer has %s since it was decided', async (_, change) => {
    await database.connection.db.update(computers).set(change).where(eq(computers.id, release.computer.id));
    await expectRefusal('no_credential');
  });

  test('at an address that nobody put the credential to use for, even when the rows of both say so', async () => {
    const elsewhere = { server: 'evil.example' };
    await database.connection.db.update(computers).set(elsewhere).where(eq(computers.id, release.computer.id));
    release = { ...release, computer: { ...release.computer, ...elsewhere } };
    await expectRefusal('no_credential');
  });

  test('when the computer has another credential now', async () => {
    const sharedCredentialId = await aSharedCredential({ type: 'password', password: 'another' });
    const { id } = release.computer;
    await database.connection.db.update(computers).set({ sharedCredentialId }).where(eq(computers.id, id));
    await expectRefusal('no_credential');
  });

  test('when the credential became a person’s own', async () => {
    const { db } = database.connection;
    const owner = await aPerson(db);
    await db.update(credentials).set({ ownerId: owner.id }).where(eq(credentials.id, credentialId));
    await expectRefusal('no_credential');
  });

  test('when the keyring is another one', async () => {
    const { key } = testKeyring().system;
    ctx = { ...ctx, keyring: { ...ctx.keyring, system: { id: ctx.keyring.system.id, key } } };
    await expectRefusal('unavailable');
    expect(logged).toContainEqual(expect.objectContaining({ code: 'credential_altered' }));
    ctx = { ...ctx, keyring: { ...ctx.keyring, system: { id: 'another', key } } };
    await expectRefusal('unavailable');
    expect(logged).toContainEqual(expect.objectContaining({ code: 'credential_not_for_us' }));
  });

  test('when the ciphertext was altered', async () => {
    const id = await secretIdOf(credentialId);
    await database.connection.db
      .update(secrets)
      .set({ ciphertext: randomBytes(40) })
      .where(eq(secrets.id, id));
    await expectRefusal('unavailable');
  });

  test('when the row was pointed to the secret of another credential', async () => {
    const { db } = database.connection;
    const rich = await aSharedCredential({ type: 'password', password: 'of the domain controller' });
    const secretId = await secretIdOf(rich);
    await db.update(credentials).set({ secretId }).where(eq(credentials.id, credentialId));
    await expectRefusal('unavailable');
  });

  test('when no wrapped key is left', async () => {
    const id = await secretIdOf(credentialId);
    await database.connection.db.delete(secretRecipients).where(eq(secretRecipients.secretId, id));
    await expectRefusal('unavailable');
  });
});

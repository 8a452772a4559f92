/*
 * A credential is tried out where it may be used at this moment and nowhere else: a shared one by an administrator at an
 * address it is bound to and not suspended at, a personal one by its owner where they may work with it, and each only at
 * the host whose key is pinned. The evidence comes first; tries are slowed down; no answer and no line holds a secret.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertHostKey } from '../../db/queries/host-keys.ts';
import { credentialTargets, hostKeys, policies } from '../../db/schema.ts';
import { aComputer, aGrant, anActor, aPolicy, type ComputerRow } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { readHostKey } from '../bridges/host-key.ts';
import { trySignIn } from '../bridges/try-sign-in.ts';
import type { Actor } from '../context.ts';
import { ensureLoginAccount, removeLoginAccount } from '../demo/login-account.ts';
import { type PrivateSshd, startPrivateSshd } from '../demo/private-sshd.ts';
import { type CredentialId, newId } from '../ids.ts';
import { createLog } from '../log.ts';
import { countAttempt } from '../people/throttle.ts';
import { masterPassword, withMasterPassword } from '../vault/testing/master-password.ts';
import { createCredential } from './create-credential.ts';
import { CreateCredentialInputSchema } from './credential-input.ts';
import { createPersonalCredential } from './personal-credentials.ts';
import {
  findOwnTestPlaces,
  findTestPlaces,
  type TrySignIn,
  testCredential,
  testOwnCredential,
} from './test-credential.ts';

const asRoot = process.getuid?.() === 0;
const username = asRoot ? 'sp-testing' : userInfo().username;
const dir = mkdtempSync(join(tmpdir(), 'sp-testing-'));
const rules = { allowTargets: ['127.0.0.1'], ownPorts: [] };
let dialled = 0;
const dialReally: TrySignIn = (address, attempt) => {
  dialled += 1;
  return trySignIn(address, { ...attempt, rules, signal: new AbortController().signal });
};

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;
let sshd: PrivateSshd;
let computer: ComputerRow;
let credentialId: CredentialId;

const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const keyInput = (name: string, key = 'known') =>
  CreateCredentialInputSchema.parse({ type: 'ssh_key', name, username, privateKey: read(key) });

beforeAll(async () => {
  for (const name of ['known', 'stranger']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  }
  if (asRoot) await ensureLoginAccount(username, 'unused');
  const accounts = [{ name: username, authorizedKeys: [read('known.pub')] }];
  sshd = await startPrivateSshd({ dir: join(dir, 'sshd'), accounts, log: createLog('test', 'silent') });
});
afterAll(async () => {
  await sshd?.stop();
  if (asRoot) await removeLoginAccount(username);
  rmSync(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  database = await testDatabase();
  ctx = database.context();
  dialled = 0;
  const { db } = database.connection;
  admin = await anActor(db, ['admin']);
  credentialId = valueIn(await createCredential(ctx, admin, keyInput('Shared key'))).credentialId;
  computer = await aComputer(db, {
    server: '127.0.0.1',
    port: sshd.port,
    sharedCredentialId: credentialId,
    name: 'Testbed',
  });
  await pin();
  return () => database.close();
});

async function pin(keyLine = sshd.hostPublicKey) {
  const key = readHostKey(Buffer.from(keyLine.split(' ')[1] ?? '', 'base64'))!;
  const pinned = { ...key, server: '127.0.0.1', port: sshd.port, pinnedBy: admin.person.id, pinnedAt: new Date() };
  await database.connection.db.delete(hostKeys);
  await insertHostKey(database.connection.db, pinned);
}

const tryShared = (id = credentialId, actor = admin) =>
  testCredential(ctx, actor, { credentialId: id, computerId: computer.id }, dialReally);

async function evidence() {
  const rows = await database.connection.sql<{ kind: string; subject: Record<string, unknown> }[]>`
    select kind, subject from audit_events where kind like 'credential.test%' order by seq`;
  return rows.map(({ kind, subject }) => ({ kind, ...subject }));
}

describe('a shared credential', () => {
  test('that works says so, and the log has the beginning and the end', async () => {
    expect(await tryShared()).toEqual({ ok: true, value: { result: 'works' } });
    const at = { credentialId, computerId: computer.id };
    expect(await evidence()).toEqual([
      { kind: 'credential.test_begun', ...at, server: '127.0.0.1', port: sshd.port },
      { kind: 'credential.test_ended', ...at, result: 'works' },
    ]);
  });

  test('that the computer refuses says what is wrong, and nothing of the key', async () => {
    const wrong = valueIn(await createCredential(ctx, admin, keyInput('Wrong key', 'stranger'))).credentialId;
    const { db } = database.connection;
    computer = await aComputer(db, { server: '127.0.0.1', port: sshd.port, sharedCredentialId: wrong });
    const outcome = await tryShared(wrong);
    expect(outcome).toEqual({
      ok: true,
      value: { result: 'refused', detail: `The computer refused the key of ${username}.` },
    });
    expect(JSON.stringify([outcome, await evidence()])).not.toContain('PRIVATE KEY');
  });

  test('that refers to another signs in with the secret of that, which the log names', async () => {
    const { db } = database.connection;
    const input = { type: 'ssh_key', name: 'Referring', username, referenceId: credentialId };
    const referring = valueIn(
      await createCredential(ctx, admin, CreateCredentialInputSchema.parse(input)),
    ).credentialId;
    computer = await aComputer(db, { server: '127.0.0.1', port: sshd.port, sharedCredentialId: referring });
    expect(await tryShared(referring)).toEqual({ ok: true, value: { result: 'works' } });
    expect((await evidence())[0]).toMatchObject({ credentialId: referring, referenceId: credentialId });
  });

  test.each([
    ['nobody put it to use there', async () => void (await database.connection.db.delete(credentialTargets))],
    [
      'it is suspended there',
      async () =>
        void (await database.connection.db
          .update(credentialTargets)
          .set({ suspendedAt: new Date(), suspendedWhy: 'address', suspendedBy: admin.person.id })),
    ],
    [
      'it was entered for another host key',
      async () => void (await database.connection.db.update(credentialTargets).set({ hostKey: 'SHA256:other' })),
    ],
    ['no host key is pinned', async () => void (await database.connection.db.delete(hostKeys))],
  ])('goes nowhere when %s', async (_, arrange) => {
    await arrange();
    expect(await tryShared()).toMatchObject({ ok: false });
    expect(dialled).toBe(0);
    expect(await evidence()).toEqual([]);
  });

  test('goes nowhere when the computer shows another key than the pinned one', async () => {
    const other = execFileSync('ssh-keygen', ['-y', '-f', join(dir, 'stranger')], { encoding: 'utf8' });
    await pin(other);
    expect(valueIn(await tryShared())).toMatchObject({ result: 'host_key' });
  });

  test('is no business of anybody but administrators', async () => {
    for (const role of ['user', 'approver', 'auditor'] as const) {
      const actor = await anActor(database.connection.db, [role]);
      expect(await tryShared(credentialId, actor)).toEqual({ ok: false, code: 'forbidden' });
      expect(await findTestPlaces(ctx, actor, { credentialId, search: '' })).toMatchObject({ code: 'forbidden' });
    }
    expect(dialled).toBe(0);
  });

  test('cannot be tried again and again: computers lock accounts', async () => {
    for (let count = 0; count < 4; count += 1) expect(await tryShared()).toMatchObject({ ok: true });
    expect(await tryShared()).toMatchObject({ ok: false, code: 'too_many_attempts' });
    expect(dialled).toBe(4);
    ctx.clock.advance(2_000);
    expect(await tryShared()).toMatchObject({ ok: true });
  });

  test('is offered the computers that use it', async () => {
    await aComputer(database.connection.db, { name: 'Elsewhere' });
    expect(valueIn(await findTestPlaces(ctx, admin, { credentialId, search: '' }))).toEqual([
      { value: String(computer.id), label: 'Testbed', hint: '127.0.0.1' },
    ]);
    expect(valueIn(await findTestPlaces(ctx, admin, { credentialId, search: 'nothing' }))).toEqual([]);
  });
});

describe('a personal credential', () => {
  let owner: Actor;
  let own: CredentialId;

  beforeEach(async () => {
    owner = await anActor(database.connection.db);
    await withMasterPassword(ctx, owner.person.id);
    own = valueIn(await createPersonalCredential(ctx, owner, keyInput('My key'))).credentialId;
  });

  const grant = (actor = owner) =>
    aGrant(database.connection.db, { personId: actor.person.id, computerId: computer.id });
  const tryOwn = (actor = owner, password: string | undefined = masterPassword) =>
    testOwnCredential(
      ctx,
      actor,
      { credentialId: own, computerId: computer.id, password, unlockCookie: undefined },
      dialReally,
    );

  test('is tried by its owner with the master password, where they may work with it', async () => {
    await grant();
    expect(await tryOwn()).toEqual({ ok: true, value: { result: 'works' } });
    expect(await evidence()).toHaveLength(2);
    expect(valueIn(await findOwnTestPlaces(ctx, owner, { search: 'test' }))).toEqual([
      { value: String(computer.id), label: 'Testbed' },
    ]);
    expect(valueIn(await findOwnTestPlaces(ctx, owner, { search: '127.0.0.1' }))).toEqual([]);
  });

  test('that refers to another own one signs in with the secret of that', async () => {
    await grant();
    const input = { type: 'ssh_key', name: 'Mine too', username, referenceId: own };
    const first = own;
    own = valueIn(await createPersonalCredential(ctx, owner, CreateCredentialInputSchema.parse(input))).credentialId;
    expect(await tryOwn()).toEqual({ ok: true, value: { result: 'works' } });
    expect((await evidence())[0]).toMatchObject({ credentialId: own, referenceId: first });
  });

  test('needs proof: no password, or a wrong one, opens nothing', async () => {
    await grant();
    expect(await tryOwn(owner, '')).toMatchObject({ code: 'locked' });
    expect(await tryOwn(owner, 'not the master password')).toMatchObject({ code: 'invalid_master_password' });
    expect(dialled).toBe(0);
  });

  test('goes nowhere without a right to the computer, or where the policy forbids own ones', async () => {
    expect(await tryOwn()).toMatchObject({ code: 'no_grant' });
    expect(valueIn(await findOwnTestPlaces(ctx, owner, { search: '' }))).toEqual([]);
    const { db } = database.connection;
    const policy = await aPolicy(db, { allowPersonal: false });
    await aGrant(db, { personId: owner.person.id, computerId: computer.id, policyId: policy.id });
    expect(await tryOwn()).toMatchObject({ code: 'personal_not_allowed' });
    await db.update(policies).set({ allowPersonal: true }).where(eq(policies.id, policy.id));
    expect(await tryOwn()).toMatchObject({ ok: true });
    expect(dialled).toBe(1);
  });

  test('is no way to guess passwords, with a new credential for each', async () => {
    await grant();
    for (let count = 0; count < 21; count += 1) {
      await countAttempt(ctx, { testOf: newId<CredentialId>(), by: owner.person.id });
    }
    expect(await tryOwn()).toMatchObject({ ok: false, code: 'too_many_attempts' });
    expect(dialled).toBe(0);
    ctx.clock.advance(2_000);
    expect(await tryOwn()).toMatchObject({ ok: true });
  });

  test('does not exist for anybody else, the administrator included', async () => {
    for (const other of [admin, await anActor(database.connection.db)]) {
      await withMasterPassword(ctx, other.person.id);
      await grant(other);
      expect(await tryOwn(other)).toMatchObject({ code: 'not_found' });
    }
    expect(await tryShared(own)).toMatchObject({ ok: false });
    expect(dialled).toBe(0);
  });
});

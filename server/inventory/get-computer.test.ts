/*
 * The page of a computer shows an administrator its servers in order, the host key of each, its credentials by name and
 * level, and which of them wait where; and nobody else anything.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessLevels } from '../../db/schema.ts';
import { aCredential, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type AccessLevelId, newId } from '../ids.ts';
import { approveHostKey } from './approve-host-key.ts';
import { addComputerCredential } from './computer-credentials.ts';
import { CreateComputerInputSchema, createComputer } from './create-computer.ts';
import { getComputer } from './get-computer.ts';

let database: TestDatabase;
let ctx: ReturnType<typeof testContext>;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin'], { name: 'Ada' });
});

afterAll(() => database.close());

test('shows servers, host keys, credentials and what waits', async () => {
  const { db } = database.connection;
  const level = { id: newId<AccessLevelId>(), name: 'Root' };
  await db.insert(accessLevels).values(level);
  const mine = await aCredential(db, { secretEnteredBy: admin.person.id });
  const secret = await aCredential(db);
  const referring = await aCredential(db, { secretId: null, referenceId: secret.id });
  const input = { name: 'web', server: 'a.example', server2: 'b.example', port: 22, sharedCredentialId: mine.id };
  const { computerId } = valueIn(await createComputer(ctx, admin, CreateComputerInputSchema.parse(input)));
  const further = { computerId, credentialId: referring.id, accessLevelId: level.id };
  valueIn(await addComputerCredential(ctx, admin, further));
  const key = { keyType: 'ssh-ed25519', publicKey: new Uint8Array([1]), fingerprint: 'SHA256:b' };
  const approval = { computerId, server: 'b.example', fingerprint: key.fingerprint };
  valueIn(await approveHostKey(ctx, admin, approval, async () => ({ ok: true, key })));

  const names = [referring, secret]
    .map(({ id, name }) => ({ credentialId: id, name }))
    .sort((one, other) => one.name.localeCompare(other.name));
  expect(valueIn(await getComputer(ctx, admin, computerId))).toMatchObject({
    computer: { name: 'web', server: 'a.example', server2: 'b.example', sharedCredential: { credentialId: mine.id } },
    further: [{ credentialId: referring.id, accessLevel: { accessLevelId: level.id, name: 'Root' } }],
    places: [
      { server: 'a.example', port: 22, hostKey: null, waiting: names },
      { server: 'b.example', hostKey: { fingerprint: 'SHA256:b', pinnedBy: 'Ada' }, waiting: names },
    ],
  });
});

test.each([0, -1, 1.5, Number.NaN, 1e300, 999_999])('there is no computer %d', async (id) => {
  expect(await getComputer(ctx, admin, id)).toEqual({ ok: false, code: 'not_found' });
});

test.each([['user'], ['approver'], ['auditor']] as const)('is not for %s', async (role) => {
  const actor = await anActor(database.connection.db, [role]);
  expect(await getComputer(ctx, actor, 1)).toEqual({ ok: false, code: 'forbidden' });
});

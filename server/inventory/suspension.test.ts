/*
 * A shared secret goes where it was entered for and nowhere else. An administrator who did not enter it cannot have it
 * sent to a host of theirs, on no way: not with a new computer, by moving one, by a second server, by a further credential,
 * by a record that refers to it, nor by approving another host key. It waits there until somebody enters the secret
 * again, or an administrator confirms who is not the one by whose change it waits. All of that is evidence.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCredentialFor, maySecretGoTo } from '../../db/queries/credential-targets.ts';
import { credentials, credentialTargets } from '../../db/schema.ts';
import { aCredential, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { type ComputerId, type CredentialId, newId } from '../ids.ts';
import { approveHostKey } from './approve-host-key.ts';
import { ChangeComputerInputSchema, changeComputer } from './change-computer.ts';
import { addComputerCredential, removeComputerCredential } from './computer-credentials.ts';
import { ConfirmTargetInputSchema, confirmTarget, countWaitingTargets, listWaitingTargets } from './confirm-target.ts';
import { CreateComputerInputSchema, createComputer } from './create-computer.ts';
import { forgetHostKey } from './host-keys.ts';
import { liftSuspensions } from './lift-suspensions.ts';
import { listComputers } from './list-computers.ts';
import { followReference } from './put-credential-to-use.ts';

let database: TestDatabase;
let ctx: ReturnType<typeof testContext>;
/** Entered the secrets. */
let keeper: Actor;
/** Wants to read one. */
let mallory: Actor;
let second: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  [keeper, mallory, second] = (await Promise.all(
    ['Keeper', 'Mallory', 'Second'].map((name) => anActor(database.connection.db, ['admin'], { name })),
  )) as [Actor, Actor, Actor];
});

afterAll(() => database.close());

const db = () => database.connection.db;
const host = () => `${newId().slice(-12)}.example`;
const fieldsOf = (server: string, given: object) => ({ name: newId(), server, port: 22, ...given });

async function secretOf(actor: Actor | null = keeper): Promise<CredentialId> {
  return (await aCredential(db(), { secretEnteredBy: actor?.person.id ?? null })).id;
}

async function computerAt(actor: Actor, server: string, given: object) {
  return valueIn(await createComputer(ctx, actor, CreateComputerInputSchema.parse(fieldsOf(server, given))));
}

async function moved(actor: Actor, computerId: ComputerId, server: string, given: object) {
  const input = ChangeComputerInputSchema.parse({ computerId, ...fieldsOf(server, given) });
  return valueIn(await changeComputer(ctx, actor, input));
}

/** What would be released at this address; `undefined` when nothing would. */
async function atRelease(computerId: ComputerId, credentialId: CredentialId, server: string, port = 22) {
  const found = await findCredentialFor(db(), { computerId, credentialId, server, port });
  return found && (found.suspended ? 'waits' : 'given');
}

const mayGo = (credentialId: CredentialId, server: string, fingerprint?: string) =>
  maySecretGoTo(db(), { credentialId, server, port: 22, ...(fingerprint && { fingerprint }) });

async function waitingAt(server: string) {
  return valueIn(await listWaitingTargets(ctx, second, listOf('since', { search: server }))).rows;
}

async function confirm(actor: Actor, server: string, over: object = {}) {
  const [row] = await waitingAt(server);
  return confirmTarget(ctx, actor, ConfirmTargetInputSchema.parse({ ...row, ...over }));
}

const keyOf = (fingerprint: string) => ({ keyType: 'ssh-ed25519', publicKey: new Uint8Array([1]), fingerprint });

async function approve(actor: Actor, computerId: ComputerId, fingerprint: string, server?: string) {
  const scan = async () => ({ ok: true as const, key: keyOf(fingerprint) });
  return valueIn(await approveHostKey(ctx, actor, { computerId, fingerprint, server }, scan));
}

async function evidenceAt(server: string) {
  const rows = await database.connection.sql<{ kind: string; actor_id: string; subject: Record<string, unknown> }[]>`
    select kind, actor_id, subject from audit_events where subject ->> 'server' = ${server} order by seq`;
  return rows.map(({ kind, actor_id, subject }) => ({ kind, actor: actor_id, ...subject }));
}

describe('a computer at a new address', () => {
  test('has the secret at once from whoever entered it, with a line that names the host', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId, credentialWaits } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    expect(credentialWaits).toBe(false);
    expect(await atRelease(computerId, credentialId, server)).toBe('given');
    expect(await evidenceAt(server)).toMatchObject([
      { kind: 'computer.created', actor: keeper.person.id },
      { kind: 'credential.put_to_use', actor: keeper.person.id, credentialId, computerId, port: 22 },
    ]);
  });

  test('does not get it from anybody else, and the log says by whom and where', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId, credentialWaits } = await computerAt(mallory, server, { sharedCredentialId: credentialId });
    expect(credentialWaits).toBe(true);
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
    expect((await evidenceAt(server)).at(-1)).toEqual({
      kind: 'credential.suspended',
      actor: mallory.person.id,
      ...{ credentialId, server, port: 22, why: 'new_target', from: null },
    });
  });

  test('does not get what nobody is known to have entered', async () => {
    const [credentialId, server] = [await secretOf(null), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
  });

  test('gets it where the secret goes anyway, whoever adds the second computer there', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    await computerAt(keeper, server, { sharedCredentialId: credentialId });
    const { computerId, credentialWaits } = await computerAt(mallory, server, { sharedCredentialId: credentialId });
    expect(credentialWaits).toBe(false);
    expect(await atRelease(computerId, credentialId, server)).toBe('given');
    expect(await waitingAt(server)).toEqual([]);
  });

  test('and one that joins a waiting address is told that it waits too', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    await computerAt(mallory, server, { sharedCredentialId: credentialId });
    const { credentialWaits } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    expect(credentialWaits).toBe(true);
  });

  test('at another port is another address', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    await computerAt(keeper, server, { sharedCredentialId: credentialId });
    const given = { sharedCredentialId: credentialId, port: 2222 };
    const { computerId } = await computerAt(mallory, server, given);
    expect(await atRelease(computerId, credentialId, server, 2222)).toBe('waits');
  });
});

describe('a computer that moves', () => {
  test.each([
    ['another server', (to: string) => [to, { port: 22 }] as const],
    ['another port', (_: string, at: string) => [at, { port: 2222 }] as const],
  ])('to %s keeps its credential, which waits even for whoever entered it', async (_, target) => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    const [server, { port }] = target(to, at);
    const change = { sharedCredentialId: credentialId, port };
    expect(await moved(keeper, computerId, server, change)).toEqual({ credentialWaits: true });
    expect(await atRelease(computerId, credentialId, server, port)).toBe('waits');
    expect(await atRelease(computerId, credentialId, at)).toBeUndefined();
    expect(await waitingAt(server)).toMatchObject([{ why: 'address', from: `${at} port 22`, by: { name: 'Keeper' } }]);
  });

  test('there and back again has what it was used for forgotten, and so waits', async () => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    await moved(mallory, computerId, to, { sharedCredentialId: credentialId });
    await moved(mallory, computerId, at, { sharedCredentialId: credentialId });
    expect(await atRelease(computerId, credentialId, at)).toBe('waits');
    expect(await waitingAt(to)).toEqual([]);
  });

  test('without its credential, which is put back afterwards, does not get it either', async () => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    await moved(mallory, computerId, to, { sharedCredentialId: null });
    await moved(mallory, computerId, to, { sharedCredentialId: credentialId });
    expect(await atRelease(computerId, credentialId, to)).toBe('waits');
  });

  test('leaves the address alone that another computer still uses', async () => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const stays = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    const moves = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    await moved(mallory, moves.computerId, to, { sharedCredentialId: credentialId });
    expect(await atRelease(stays.computerId, credentialId, at)).toBe('given');
    await moved(mallory, stays.computerId, at, { sharedCredentialId: null });
    const left = await db().select().from(credentialTargets).where(eq(credentialTargets.credentialId, credentialId));
    expect(left.map(({ server }) => server)).toEqual([to]);
  });

  test('is shown in the list of computers, and its name alone changes nothing', async () => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    expect(await moved(mallory, computerId, at, { sharedCredentialId: credentialId })).toEqual({
      credentialWaits: false,
    });
    const row = async (server: string) =>
      valueIn(await listComputers(ctx, second, listOf('name', { search: server }))).rows[0];
    expect(await row(at)).toMatchObject({ waiting: 0 });
    await moved(mallory, computerId, to, { sharedCredentialId: credentialId });
    expect(await row(to)).toMatchObject({ waiting: 1 });
  });
});

describe('further servers', () => {
  test('are addresses of their own: one that is added waits, the first goes on', async () => {
    const [credentialId, at, evil] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    await moved(mallory, computerId, at, { sharedCredentialId: credentialId, server2: evil });
    expect(await atRelease(computerId, credentialId, at)).toBe('given');
    expect(await mayGo(credentialId, at)).toBe(true);
    expect(await mayGo(credentialId, evil)).toBe(false);
    expect(await waitingAt(evil)).toMatchObject([{ why: 'address', from: null, computerCount: 1 }]);
  });

  test('in another order are the same addresses', async () => {
    const [credentialId, one, two] = [await secretOf(), host(), host()];
    const given = { sharedCredentialId: credentialId };
    const { computerId } = await computerAt(keeper, one, { ...given, server2: two });
    expect(await moved(mallory, computerId, two, { ...given, server2: one })).toEqual({ credentialWaits: false });
    expect(await atRelease(computerId, credentialId, two)).toBe('given');
  });
});

describe('a further credential', () => {
  test('waits like the first unless its secret is known to whoever adds it, and is forgotten when taken off', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(mallory, server, {});
    const further = { computerId, credentialId, accessLevelId: null };
    expect(valueIn(await addComputerCredential(ctx, mallory, further))).toEqual({ credentialWaits: true });
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
    valueIn(await removeComputerCredential(ctx, mallory, { computerId, credentialId }));
    expect(await atRelease(computerId, credentialId, server)).toBeUndefined();
    expect(await waitingAt(server)).toEqual([]);
    expect(valueIn(await addComputerCredential(ctx, keeper, further))).toEqual({ credentialWaits: false });
    expect(await atRelease(computerId, credentialId, server)).toBe('given');
  });

  test('moves with its computer, and so waits at the new address', async () => {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, {});
    valueIn(await addComputerCredential(ctx, keeper, { computerId, credentialId, accessLevelId: null }));
    await moved(mallory, computerId, to, {});
    expect(await atRelease(computerId, credentialId, to)).toBe('waits');
  });
});

describe('a record that refers to another', () => {
  async function referring(to: CredentialId): Promise<CredentialId> {
    return (await aCredential(db(), { secretId: null, referenceId: to })).id;
  }

  test('takes the other one along: both wait where a stranger puts it to use', async () => {
    const [secret, server] = [await secretOf(), host()];
    const record = await referring(secret);
    const { computerId } = await computerAt(mallory, server, { sharedCredentialId: record });
    expect(await atRelease(computerId, record, server)).toBe('waits');
    expect((await waitingAt(server)).map(({ credentialId }) => credentialId).sort()).toEqual([record, secret].sort());
  });

  test('needs both confirmed', async () => {
    const [secret, server] = [await secretOf(), host()];
    const record = await referring(secret);
    const { computerId } = await computerAt(mallory, server, { sharedCredentialId: record });
    valueIn(await confirm(second, server, { credentialId: record }));
    expect(await atRelease(computerId, record, server)).toBe('waits');
    expect(await mayGo(record, server)).toBe(false);
    valueIn(await confirm(second, server));
    expect(await atRelease(computerId, record, server)).toBe('given');
    expect(await mayGo(record, server)).toBe(true);
  });

  test('that is pointed at a secret afterwards puts that one to use, which waits', async () => {
    const [own, secret, server] = [await secretOf(mallory), await secretOf(), host()];
    const { computerId } = await computerAt(mallory, server, { sharedCredentialId: own });
    expect(await atRelease(computerId, own, server)).toBe('given');
    await ctx.audit.transact(async (tx, record) => {
      await tx.update(credentials).set({ secretId: null, referenceId: secret }).where(eq(credentials.id, own));
      const actorId = mallory.person.id;
      await followReference(tx, record, { credentialId: own, before: null, actorId, now: ctx.clock.now() });
    });
    expect(await atRelease(computerId, own, server)).toBe('waits');
    expect(await waitingAt(server)).toMatchObject([{ credentialId: secret, why: 'new_target', computerCount: 1 }]);
  });
});

describe('another host key', () => {
  test('binds what was in use before there was one, and stops it when it is replaced', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:first');
    expect(await mayGo(credentialId, server, 'SHA256:first')).toBe(true);
    expect(await mayGo(credentialId, server, 'SHA256:evil')).toBe(false);
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    expect(await mayGo(credentialId, server, 'SHA256:evil')).toBe(false);
    await approve(mallory, computerId, 'SHA256:evil');
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
    expect(await mayGo(credentialId, server, 'SHA256:first')).toBe(false);
    expect(await waitingAt(server)).toMatchObject([
      {
        why: 'host_key',
        hostKey: 'SHA256:first',
        pinned: 'SHA256:evil',
        by: { name: 'Mallory' },
        from: 'SHA256:first',
      },
    ]);
  });

  test('that is the same again stops nothing', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:same');
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    await approve(mallory, computerId, 'SHA256:same');
    expect(await atRelease(computerId, credentialId, server)).toBe('given');
  });

  test('of the second server stops nothing at the first', async () => {
    const [credentialId, one, two] = [await secretOf(), host(), host()];
    const given = { sharedCredentialId: credentialId, server2: two };
    const { computerId } = await computerAt(keeper, one, given);
    await approve(keeper, computerId, 'SHA256:b', two);
    valueIn(await forgetHostKey(ctx, keeper, { server: two, port: 22 }));
    await approve(mallory, computerId, 'SHA256:c', two);
    expect([await mayGo(credentialId, one), await mayGo(credentialId, two)]).toEqual([true, false]);
  });

  test('at a server that the computer does not have is not asked for', async () => {
    const { computerId } = await computerAt(keeper, host(), {});
    const scan = () => Promise.reject(new Error('dialled'));
    const outcome = await approveHostKey(ctx, keeper, { computerId, fingerprint: 'x', server: host() }, scan);
    expect(outcome).toMatchObject({ code: 'not_found' });
  });

  test('confirmed, is the one the secret belongs to from then on', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:old');
    valueIn(await forgetHostKey(ctx, keeper, { server, port: 22 }));
    await approve(keeper, computerId, 'SHA256:new');
    valueIn(await confirm(second, server));
    expect([await mayGo(credentialId, server, 'SHA256:new'), await mayGo(credentialId, server, 'SHA256:old')]).toEqual([
      true,
      false,
    ]);
  });
});

test('a person’s own credential is bound to no address', async () => {
  const own = await aCredential(db(), { ownerId: keeper.person.id });
  expect(await mayGo(own.id, host(), 'SHA256:any')).toBe(true);
});

describe('confirming', () => {
  async function repointed() {
    const [credentialId, at, to] = [await secretOf(), host(), host()];
    const { computerId } = await computerAt(keeper, at, { sharedCredentialId: credentialId });
    await moved(mallory, computerId, to, { sharedCredentialId: credentialId });
    return { credentialId, computerId, at, to };
  }

  test('shows who, what, where before and now, and when', async () => {
    const { credentialId, at, to } = await repointed();
    expect(await waitingAt(to)).toMatchObject([
      {
        credentialId,
        credential: { username: 'root' },
        ...{ server: to, port: 22, from: `${at} port 22`, why: 'address', at: ctx.clock.now() },
        by: { personId: mallory.person.id, name: 'Mallory' },
        computers: [expect.any(String)],
      },
    ]);
    expect(valueIn(await countWaitingTargets(ctx, second))).toBeGreaterThan(0);
  });

  test('is not for the one by whose change it waits', async () => {
    const { credentialId, computerId, to } = await repointed();
    expect(await confirm(mallory, to)).toMatchObject({ code: 'conflict' });
    expect(await atRelease(computerId, credentialId, to)).toBe('waits');
  });

  test('by another administrator lets the secret go there, and names both in the log', async () => {
    const { credentialId, computerId, to } = await repointed();
    valueIn(await confirm(second, to));
    expect(await atRelease(computerId, credentialId, to)).toBe('given');
    expect((await evidenceAt(to)).at(-1)).toMatchObject({
      kind: 'credential.resumed',
      actor: second.person.id,
      how: 'confirmed',
      suspendedBy: mallory.person.id,
    });
    expect(
      await confirm(second, to, { credentialId, server: to, port: 22, at: ctx.clock.now(), pinned: null }),
    ).toMatchObject({ code: 'not_found' });
  });

  test('confirms what was looked at, not what came in its place', async () => {
    const { computerId, to } = await repointed();
    const [seen] = await waitingAt(to);
    await approve(mallory, computerId, 'SHA256:evil');
    const outcome = await confirmTarget(ctx, second, ConfirmTargetInputSchema.parse(seen));
    expect(outcome).toMatchObject({ code: 'conflict' });
    expect(await confirm(second, to, { at: new Date(0) })).toMatchObject({ code: 'conflict' });
  });

  test('cannot be had by letting somebody else change the same address meanwhile', async () => {
    const { computerId, credentialId, to } = await repointed();
    await approve(second, computerId, 'SHA256:first');
    valueIn(await forgetHostKey(ctx, second, { server: to, port: 22 }));
    await approve(second, computerId, 'SHA256:other');
    expect(await waitingAt(to)).toMatchObject([{ by: { name: 'Mallory' } }]);
    expect(await confirm(mallory, to)).toMatchObject({ code: 'conflict' });
    expect(await atRelease(computerId, credentialId, to)).toBe('waits');
  });

  test.each([['user'], ['approver'], ['auditor']] as const)('and looking is not for %s', async (role) => {
    const { to, computerId, credentialId } = await repointed();
    const actor = await anActor(db(), [role]);
    expect(await confirm(actor, to)).toMatchObject({ code: 'forbidden' });
    expect(await listWaitingTargets(ctx, actor, listOf('since'))).toMatchObject({ code: 'forbidden' });
    expect(await countWaitingTargets(ctx, actor)).toMatchObject({ code: 'forbidden' });
    expect(await addComputerCredential(ctx, actor, { computerId, credentialId, accessLevelId: null })).toMatchObject({
      code: 'forbidden',
    });
    expect(await removeComputerCredential(ctx, actor, { computerId, credentialId })).toMatchObject({
      code: 'forbidden',
    });
    expect(await atRelease(computerId, credentialId, to)).toBe('waits');
  });
});

test('entering the secret again ends the waiting everywhere, also of records that refer to it', async () => {
  const [secret, one, two] = [await secretOf(), host(), host()];
  const record = (await aCredential(db(), { secretId: null, referenceId: secret })).id;
  const first = await computerAt(mallory, one, { sharedCredentialId: secret });
  const other = await computerAt(mallory, two, { sharedCredentialId: record });
  await ctx.audit.transact((tx, write) =>
    liftSuspensions(tx, write, { credentialId: secret, actorId: mallory.person.id }),
  );
  expect(await atRelease(first.computerId, secret, one)).toBe('given');
  expect(await atRelease(other.computerId, record, two)).toBe('given');
  expect((await evidenceAt(one)).at(-1)).toMatchObject({ kind: 'credential.resumed', how: 'entered' });
});

test('a key that is pinned at the very moment in which a secret is put to use there binds it', async () => {
  const server = host();
  const { computerId } = await computerAt(keeper, server, {});
  const secrets = await Promise.all(Array.from({ length: 4 }, () => secretOf()));
  await Promise.all([
    ...secrets.map((credentialId) =>
      addComputerCredential(ctx, keeper, { computerId, credentialId, accessLevelId: null }),
    ),
    approve(keeper, computerId, 'SHA256:race'),
  ]);
  for (const credentialId of secrets) expect(await mayGo(credentialId, server, 'SHA256:other')).toBe(false);
});

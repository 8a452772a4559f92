/*
 * A shared secret goes where it was entered for and nowhere else. An administrator who did not enter it cannot have it
 * sent to a host of theirs, on no way: not with a new computer, by moving one, by a second server, by a further credential,
 * by a record that refers to it, nor by approving another host key. It waits there until somebody enters the secret
 * again, or an administrator confirms who is not the one by whose change it waits. All of that is evidence.
 */
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { credentials, credentialTargets } from '../../db/schema.ts';
import { aCredential } from '../../db/testing/builders.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { type CredentialId, newId } from '../ids.ts';
import { addComputerCredential, removeComputerCredential } from './computer-credentials.ts';
import { addComputer, CreateComputerInputSchema } from './create-computer.ts';
import { listComputers } from './list-computers.ts';
import { followReference } from './put-credential-to-use.ts';
import {
  atRelease,
  computerAt,
  confirm,
  ctx,
  database,
  db,
  evidenceAt,
  host,
  keeper,
  mallory,
  mayGo,
  moved,
  second,
  secretOf,
  waitingAt,
} from './testing/suspension-rig.ts';

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

test('a credential that is taken off one computer while another gets it is not forgotten there', async () => {
  const [credentialId, server] = [await secretOf(), host()];
  const { computerId } = await computerAt(keeper, server, {});
  valueIn(await addComputerCredential(ctx, keeper, { computerId, credentialId, accessLevelId: null }));
  const values = CreateComputerInputSchema.parse({ name: newId(), server, port: 22, sharedCredentialId: credentialId });
  const by = { actorId: keeper.person.id, now: ctx.clock.now() };
  let removing: Promise<unknown> | undefined;
  const added = await db().transaction(async (tx) => {
    const outcome = await addComputer(tx, () => undefined, values, by);
    let isDone = false;
    removing = removeComputerCredential(ctx, keeper, { computerId, credentialId }).finally(() => {
      isDone = true;
    });
    await expect.poll(async () => isDone || (await isSomebodyWaiting()), { timeout: 10_000 }).toBe(true);
    return valueIn(outcome);
  });
  await removing;
  expect(await atRelease(added.computerId, credentialId, server)).toBe('given');
});

async function isSomebodyWaiting(): Promise<boolean> {
  const rows = await database.connection.sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return rows.length > 0;
}

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

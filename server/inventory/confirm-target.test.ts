/*
 * A secret that waits somewhere goes there again when a second administrator confirms what was looked at, or when it is
 * entered anew, and not otherwise. A host key that is approved in the place of the one it was entered for has it wait.
 */
import { describe, expect, test } from 'vitest';
import { aCredential, anActor } from '../../db/testing/builders.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { approveHostKey } from './approve-host-key.ts';
import { addComputerCredential, removeComputerCredential } from './computer-credentials.ts';
import { ConfirmTargetInputSchema, confirmTarget, countWaitingTargets, listWaitingTargets } from './confirm-target.ts';
import { forgetHostKey } from './host-keys.ts';
import { liftSuspensions } from './lift-suspensions.ts';
import {
  approve,
  atRelease,
  computerAt,
  confirm,
  ctx,
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

  test('cannot slip in while none is pinned, by the moment in which the secret is entered again', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:first');
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    await ctx.audit.transact((tx, write) => liftSuspensions(tx, write, { credentialId, actorId: keeper.person.id }));
    await approve(mallory, computerId, 'SHA256:evil');
    expect(await mayGo(credentialId, server, 'SHA256:evil')).toBe(false);
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
  });

  test('nor by a confirmation while none is pinned', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:first');
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    await approve(mallory, computerId, 'SHA256:other');
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    valueIn(await confirm(second, server));
    await approve(mallory, computerId, 'SHA256:evil');
    expect(await mayGo(credentialId, server, 'SHA256:evil')).toBe(false);
  });

  test('that anybody else approved is not confirmed by whoever forgot the one it was entered for', async () => {
    const [credentialId, server] = [await secretOf(), host()];
    const { computerId } = await computerAt(keeper, server, { sharedCredentialId: credentialId });
    await approve(keeper, computerId, 'SHA256:first');
    valueIn(await forgetHostKey(ctx, mallory, { server, port: 22 }));
    await approve(keeper, computerId, 'SHA256:evil');
    expect(await confirm(mallory, server)).toMatchObject({ code: 'conflict' });
    expect(await atRelease(computerId, credentialId, server)).toBe('waits');
    valueIn(await confirm(second, server));
    expect(await mayGo(credentialId, server, 'SHA256:evil')).toBe(true);
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

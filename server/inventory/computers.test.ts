/*
 * Computers are kept by administrators only, each change with its evidence. What an administrator types is checked in
 * words; a name can be given once; and what its shared credentials may be used for follows its addresses, which is told in
 * `suspension.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../db/notify.ts';
import { aComputer, aCredential, anActor } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { listOf } from '../../db/testing/list-queries.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import type { ComputerId, CredentialId } from '../ids.ts';
import { ChangeComputerInputSchema, changeComputer } from './change-computer.ts';
import { CreateComputerInputSchema, createComputer } from './create-computer.ts';
import { type ComputerRow, listComputers } from './list-computers.ts';
import { setComputerDisabled } from './set-computer-disabled.ts';

let database: TestDatabase;
let ctx: Context;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

const nobody = 999_999 as ComputerId;

function input(name: string, given: Record<string, unknown> = {}) {
  return CreateComputerInputSchema.parse({ name, server: '192.0.2.10', port: 22, ...given });
}

async function added(name: string, given: Record<string, unknown> = {}): Promise<ComputerId> {
  return valueIn(await createComputer(ctx, admin, input(name, given))).computerId;
}

const rows = async (search = '') => valueIn(await listComputers(ctx, admin, listOf('name', { search }))).rows;

/** As the administrator's list shows it. */
async function rowOf(computerId: ComputerId): Promise<ComputerRow> {
  const row = (await rows()).find((computer) => computer.computerId === computerId);
  if (!row) throw new Error(`Computer ${computerId} is not in the list.`);
  return row;
}

async function evidenceOf(computerId: ComputerId) {
  return database.connection.sql<{ kind: string; actor_id: string; subject: Record<string, unknown> }[]>`
    select kind, actor_id, subject from audit_events
    where (subject ->> 'computerId')::bigint = ${computerId} order by writer_id, seq`;
}

describe('adding', () => {
  test('a computer is listed with its address and its credential by name', async () => {
    const credential = await aCredential(database.connection.db);
    const computerId = await added('web-1', { description: ' front ', sharedCredentialId: credential.id });
    const row = await rowOf(computerId);
    expect(row).toMatchObject({ name: 'web-1', description: 'front', mode: 'SSH', server: '192.0.2.10', port: 22 });
    expect(row.sharedCredential).toEqual({ credentialId: credential.id, name: credential.name, username: 'root' });
    expect(await rows('WEB-1 front')).toEqual([row]);
  });

  test('a computer without a credential has none', async () => {
    const computerId = await added('bare-1', { sharedCredentialId: '' });
    expect((await rowOf(computerId)).sharedCredential).toBeNull();
  });

  test('leaves evidence of who added what', async () => {
    const computerId = await added('seen-1');
    expect(await evidenceOf(computerId)).toEqual([
      {
        kind: 'computer.created',
        actor_id: admin.person.id,
        subject: { computerId, name: 'seen-1', server: '192.0.2.10', port: 22 },
      },
    ]);
  });

  test('a name that is taken, in any case, is a conflict that says so, and nothing is kept', async () => {
    await added('Twice');
    const outcome = await createComputer(ctx, admin, input('tWICE'));
    expect(outcome).toMatchObject({ ok: false, code: 'conflict', params: { field: 'name' } });
    expect(!outcome.ok && sentenceOf(outcome)).toBe('A computer called "tWICE" exists already. Choose another name.');
    const names = (await rows()).map(({ name }) => name.toLowerCase());
    expect(names.filter((name) => name === 'twice')).toHaveLength(1);
  });

  test('of two administrators who add the same name at once, one is told', async () => {
    const outcomes = await Promise.all(['race', 'race'].map((name) => createComputer(ctx, admin, input(name))));
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual(['conflict', 'ok']);
  });

  test('a credential that is gone, or that is a person’s own, is not put on a computer', async () => {
    const owner = await anActor(database.connection.db);
    const personal = await aCredential(database.connection.db, { ownerId: owner.person.id });
    for (const sharedCredentialId of [personal.id, '01900000-0000-7000-8000-000000000000' as CredentialId]) {
      const outcome = await createComputer(ctx, admin, { ...input('needs-one'), sharedCredentialId });
      expect(outcome).toMatchObject({ code: 'conflict', params: { field: 'sharedCredentialId' } });
    }
  });
});

describe('what a form sends', () => {
  test.each([
    [{ name: '  ' }, 'Enter a name.'],
    [{ name: 'a\nb' }, 'Enter a name on one line.'],
    [{ name: 'a\u0000b' }, 'Enter a name on one line.'],
    [{ name: 'build\u200bserver' }, 'cannot be seen'],
    [{ name: '\u202egnp.exe' }, 'cannot be seen'],
    [{ name: '\u3164' }, 'cannot be seen'],
    [{ name: 'half\ud83d' }, 'cannot be seen'],
    [{ description: 'a\u0000b' }, 'cannot be stored'],
    [{ description: 'half\ud83d' }, 'cannot be stored'],
    [{ port: '0' }, 'Enter a port between 1 and 65535'],
    [{ port: 65536 }, 'Enter a port between 1 and 65535'],
    [{ port: '22.5' }, 'Enter a port between 1 and 65535'],
    [{ port: 'ssh' }, 'Enter a port between 1 and 65535'],
    [{ server: 'ssh://x' }, 'without ssh://'],
    [{ server: '' }, 'Enter the host name'],
    [{ mode: 'RDP' }, 'Only SSH'],
    [{ sharedCredentialId: 'x' }, 'Choose one from the list.'],
  ])('%j is answered in words', (given, says) => {
    const parsed = CreateComputerInputSchema.safeParse({ name: 'n', server: 's', port: 22, ...given });
    expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(says);
  });

  test('numbers and names are taken as people type them', () => {
    const parsed = ChangeComputerInputSchema.parse({
      computerId: '7',
      name: ' n ',
      server: ' DB.Example. ',
      port: '2222',
    });
    expect(parsed).toMatchObject({ computerId: 7, name: 'n', server: 'db.example', port: 2222, mode: 'SSH' });
  });
});

describe('changing', () => {
  test('keeps the credential while the address stays, and audits names of fields only', async () => {
    const credential = await aCredential(database.connection.db, { secretEnteredBy: admin.person.id });
    const computerId = await added('stays', { sharedCredentialId: credential.id });
    const change = {
      computerId,
      ...input('stays', { description: 'secret plans', sharedCredentialId: credential.id }),
    };
    expect(await changeComputer(ctx, admin, change)).toEqual({ ok: true, value: { credentialWaits: false } });
    expect((await rowOf(computerId)).sharedCredential?.credentialId).toBe(credential.id);
    expect((await evidenceOf(computerId)).at(-1)).toMatchObject({
      kind: 'computer.changed',
      subject: { computerId, fields: ['description'] },
    });
  });

  test('the same address in another spelling is the same address', async () => {
    const credential = await aCredential(database.connection.db, { secretEnteredBy: admin.person.id });
    const given = { server: 'db.example', sharedCredentialId: credential.id };
    const computerId = await added('spelt', given);
    const change = { computerId, ...input('spelt', { ...given, server: ' DB.EXAMPLE. ' }) };
    expect(valueIn(await changeComputer(ctx, admin, change))).toEqual({ credentialWaits: false });
  });

  test('nothing changed: nothing audited', async () => {
    const computerId = await added('same');
    valueIn(await changeComputer(ctx, admin, { computerId, ...input('same') }));
    expect(await evidenceOf(computerId)).toHaveLength(1);
  });

  test('into a name that is taken is a conflict and changes nothing; an unknown computer is not found', async () => {
    const taken = await aComputer(database.connection.db);
    const computerId = await added('mine');
    const outcome = await changeComputer(ctx, admin, { computerId, ...input(taken.name, { port: 99 }) });
    expect(outcome).toMatchObject({ code: 'conflict' });
    expect(await rowOf(computerId)).toMatchObject({ name: 'mine', port: 22 });
    expect(await changeComputer(ctx, admin, { computerId: nobody, ...input('x') })).toMatchObject({
      code: 'not_found',
    });
  });
});

describe('switching off', () => {
  test('is dated, can be undone, and is audited once per change', async () => {
    const computerId = await added('off');
    for (const disabled of [true, true, false, false])
      valueIn(await setComputerDisabled(ctx, admin, { computerId, disabled }));
    const kinds = (await evidenceOf(computerId)).map(({ kind }) => kind);
    expect(kinds).toEqual(['computer.created', 'computer.disabled', 'computer.enabled']);
    expect(await setComputerDisabled(ctx, admin, { computerId: nobody, disabled: true })).toMatchObject({
      code: 'not_found',
    });
  });

  test('tells the gateway that rights have changed', async () => {
    const computerId = await added('heard');
    let tell: (payload: object) => void = () => undefined;
    const heard = new Promise<object>((resolve) => {
      tell = resolve;
    });
    const listener = await listen(database.connection.sql, 'access_changed', tell, () => undefined);
    valueIn(await setComputerDisabled(ctx, admin, { computerId, disabled: true }));
    expect(await heard).toEqual({});
    await listener.stop();
  });
});

describe('whoever is not an administrator', () => {
  test.each([['user'], ['approver'], ['auditor']] as const)(
    '%s is refused everything, and nothing is written',
    async (role) => {
      const actor = await anActor(database.connection.db, [role]);
      const before = await database.connection.sql`select count(*) from audit_events`;
      const computer = await aComputer(database.connection.db);
      const computerId = computer.id;
      const outcomes = [
        await createComputer(ctx, actor, input('no')),
        await changeComputer(ctx, actor, { computerId, ...input('no') }),
        await setComputerDisabled(ctx, actor, { computerId, disabled: true }),
        await listComputers(ctx, actor, listOf('name')),
      ];
      for (const outcome of outcomes) expect(outcome).toEqual({ ok: false, code: 'forbidden' });
      expect(await database.connection.sql`select count(*) from audit_events`).toEqual(before);
      expect((await rowOf(computerId)).name).toBe(computer.name);
    },
  );
});

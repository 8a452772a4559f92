/*
 * A file of computers is looked at before anything is done: line by line it says what would happen, or what is wrong and
 * what to do about it. Importing does just that, under the rules of the forms, and goes round none of them: a shared secret
 * waits wherever it was not entered for. A file with anything wrong adds nothing; one that is imported again adds nothing
 * twice.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCredentialFor } from '../../db/queries/credential-targets.ts';
import { accessLevels, computers, grants } from '../../db/schema.ts';
import { aCredential, aGroup, anActor, aPolicy } from '../../db/testing/builders.ts';
import { testContext } from '../../db/testing/context.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor } from '../context.ts';
import { sentenceOf } from '../errors.ts';
import { type AccessLevelId, newId } from '../ids.ts';
import { computerTemplate } from '../protocol/computer-columns.ts';
import { readCsv } from '../protocol/csv.ts';
import { exportComputers } from './export-computers.ts';
import { checkImport, ImportComputersInputSchema, importComputers } from './import-computers.ts';

let database: TestDatabase;
let ctx: ReturnType<typeof testContext>;
let admin: Actor;

beforeAll(async () => {
  database = await testDatabase();
  ctx = testContext(database.connection);
  admin = await anActor(database.connection.db, ['admin']);
});

afterAll(() => database.close());

const db = () => database.connection.db;
const fresh = () => `pc-${newId().slice(-12)}`;
const check = async (text: string, actor = admin) => valueIn(await checkImport(ctx, actor, { text }));
const run = (text: string, actor = admin) => importComputers(ctx, actor, { text });
const problemOf = async (text: string) => {
  const outcome = await checkImport(ctx, admin, { text });
  return outcome.ok ? 'none' : sentenceOf(outcome);
};
const stored = async (name: string) => (await db().select().from(computers).where(eq(computers.name, name)))[0];

async function named() {
  const { name: credential, id } = await aCredential(db(), { secretEnteredBy: admin.person.id });
  const [group, policy] = [await aGroup(db()), await aPolicy(db())];
  const level = { id: newId<AccessLevelId>(), name: `Operator ${newId()}` };
  await db().insert(accessLevels).values(level);
  return { credential, credentialId: id, group, policy, level };
}

describe('a dry run', () => {
  test('says of every line what would happen, and does nothing', async () => {
    const { credential, group, policy, level } = await named();
    const [one, two] = [fresh(), fresh()];
    const text = [
      'Name;Server;Port;Credential;Group;Policy;Access Level',
      `${one};WEB1.Example.;2222;${credential.toUpperCase()};${group.name};${policy.name};${level.name}`,
      `${two};192.0.2.9;;;;;`,
    ].join('\r\n');
    const before = await database.connection.sql`select count(*) from audit_events`;
    expect(await check(text)).toEqual([
      {
        ...{ line: 2, name: one, address: 'web1.example:2222', verdict: 'add' },
        says: [`Signs in with ${credential.toUpperCase()}.`, `${group.name} may work there under ${policy.name}.`],
      },
      { line: 3, name: two, address: '192.0.2.9:22', verdict: 'add', says: ['Has no credential yet.'] },
    ]);
    expect(await stored(one)).toBeUndefined();
    expect(await database.connection.sql`select count(*) from audit_events`).toEqual(before);
  });

  test.each([
    ['an empty name', 'name,server\n,h.example', 'name: Enter a name.'],
    ['a name that cannot be seen', 'name,server\na\u200bb,h.example', 'cannot be seen'],
    ['a server with a user', 'name,server\nx,root@h', 'the user name belongs to the credential'],
    ['a port', 'name,server,port\nx,h.example,70000', 'port: Enter a port'],
    ['a mode', 'name,server,mode\nx,h.example,rdp', 'mode: Only SSH'],
    ['the second server twice', 'name,server,server2\nx,h.example,H.example.', 'server2: This is the first server'],
    ['a third without a second', 'name,server,server3\nx,h.example,g.example', 'server3: Fill in the second'],
    ['an unknown credential', 'name,server,credential\nx,h.example,nope', 'no shared credential called “nope”'],
    ['an unknown person', 'name,server,person,policy\nx,h.example,a@b,p', 'Nobody has the email “a@b”'],
    ['a policy without anybody', 'name,server,policy\nx,h.example,p', 'Name the person (by email) or the group'],
    ['a group without a policy', 'name,server,group\nx,h.example,g', 'Name the policy'],
    ['a person and a group', 'name,server,person,group,policy\nx,h.example,a@b,g,p', 'either a person or a group'],
    ['zero bytes', 'name,server,credential\nx,h.example,a\0b', 'no shared credential called'],
    ['half a character', 'name,server,group,policy\nx,h.example,\ud83d,p', 'no group called'],
    ['too many cells', 'name,server\nx,h.example,y', 'more cells than the first'],
  ])('names what is wrong with %s, and what to do', async (_, text, says) => {
    const [row] = await check(text);
    expect(row?.verdict).toBe('wrong');
    expect(row?.says.join(' ')).toContain(says);
  });

  test('tells of a name that is there twice, in any case, where it stands first', async () => {
    const rows = await check('name,server\nTwice,a.example\nother,b.example\ntwice,c.example');
    expect(rows.map(({ verdict }) => verdict)).toEqual(['add', 'add', 'wrong']);
    expect(rows[2]?.says).toEqual(['Line 2 has this name too. Give each computer its own.']);
  });

  test.each([
    ['', 'This file is empty'],
    ['name,server', 'no computers below'],
    ['server\nh', 'The column “name” is missing'],
    ['name,server,password\nx,h,secret', 'There is no column “password”'],
    ['name,Server,server\nx,h,h', 'The column “server” is there twice'],
    ['name,server\n"x,h', 'Line 2: A quotation mark is opened'],
    ['name,server\nM\ufffdller,h', 'not in UTF-8'],
    [`name,server\n${'x,h\n'.repeat(5_001)}`, 'more than 5001 lines'],
  ])('refuses a file that cannot be read, with the reason: %j', async (text, says) => {
    expect(await problemOf(text)).toContain(says);
  });

  test('refuses a larger file before reading it', () => {
    expect(ImportComputersInputSchema.safeParse({ text: 'x'.repeat(2_000_001) }).success).toBe(false);
  });

  test('reads its own template', async () => {
    const rows = await check(computerTemplate());
    expect(rows).toMatchObject([{ name: 'Web server 1', address: 'web1.example.com:22', verdict: 'add' }]);
  });
});

describe('importing', () => {
  test('adds computers and grants, each with its evidence, and the file with its hash', async () => {
    const { credential, credentialId, group, policy, level } = await named();
    const person = await anActor(db());
    const [one, two] = [fresh(), fresh()];
    const text = [
      'name,description,server,server2,port,notes,credential,person,group,policy,access level',
      `${one},"Quoted, with ""marks""",a.example,b.example,,"Two\nlines",${credential},,${group.name},${policy.name},${level.name}`,
      `${two},,c.example,,2200,,,${person.person.email.toUpperCase()},,${policy.name},`,
    ].join('\n');
    expect(valueIn(await run(text))).toEqual({ added: 2, waiting: 0 });
    const [first, second] = [await stored(one), await stored(two)];
    expect(first).toMatchObject({
      ...{ description: 'Quoted, with "marks"', server: 'a.example', server2: 'b.example', server3: null, port: 22 },
      ...{ notes: 'Two\nlines', sharedCredentialId: credentialId, mode: 'SSH' },
    });
    expect(second).toMatchObject({ server: 'c.example', port: 2200, sharedCredentialId: null });
    const given = await db().select().from(grants).where(eq(grants.policyId, policy.id)).orderBy(grants.computerId);
    expect(given).toMatchObject([
      { computerId: first?.id, groupId: group.id, personId: null, accessLevelId: level.id, createdBy: admin.person.id },
      { computerId: second?.id, groupId: null, personId: person.person.id, accessLevelId: null },
    ]);
    const rows = await database.connection.sql<{ kind: string }[]>`
      select kind from audit_events where actor_id = ${admin.person.id} order by seq desc limit 7`;
    expect(rows.map(({ kind }) => kind).sort()).toEqual([
      ...['computer.created', 'computer.created', 'computers.imported'],
      ...['credential.put_to_use', 'credential.put_to_use', 'grant.created', 'grant.created'],
    ]);
  });

  test('is no way for a secret to a host of somebody who did not enter it', async () => {
    const mallory = await anActor(db(), ['admin']);
    const { credential, credentialId } = await named();
    const [name, server] = [fresh(), `${fresh()}.example`];
    const text = `name,server,credential\n${name},${server},${credential}`;
    expect((await check(text, mallory))[0]?.says.join(' ')).toContain('waits there until another administrator');
    expect(valueIn(await run(text, mallory))).toEqual({ added: 1, waiting: 1 });
    const computerId = (await stored(name))!.id;
    const released = await findCredentialFor(db(), { computerId, credentialId, server, port: 22 });
    expect(released?.suspended).toBe(true);
  });

  test('adds nothing of a file with anything wrong, and says which line', async () => {
    const name = fresh();
    const outcome = await run(`name,server\n${name},h.example\n,i.example`);
    expect(!outcome.ok && sentenceOf(outcome)).toBe('Line 3: name: Enter a name.');
    expect(await stored(name)).toBeUndefined();
  });

  test('done again passes over what is there', async () => {
    const text = `name,server\n${fresh()},h.example\n${fresh()},i.example`;
    expect(valueIn(await run(text))).toEqual({ added: 2, waiting: 0 });
    expect((await check(text)).map(({ verdict }) => verdict)).toEqual(['there', 'there']);
    expect(valueIn(await run(text))).toEqual({ added: 0, waiting: 0 });
  });

  test('twice at the same moment adds each computer once', async () => {
    const text = `name,server\n${fresh()},h.example\n${fresh()},i.example`;
    const outcomes = await Promise.all([run(text), importComputers(testContext(database.connection), admin, { text })]);
    const added = outcomes.map((outcome) => (outcome.ok ? outcome.value.added : 0));
    expect(added.sort()).toEqual([0, 2]);
    for (const outcome of outcomes) if (!outcome.ok) expect(sentenceOf(outcome)).toContain('at the same time');
  });

  test('takes a file of many batches', async () => {
    const { credential } = await named();
    const names = Array.from({ length: 350 }, fresh);
    const lines = names.map((name, index) => `${name},10.0.${index % 200}.1,${credential}`);
    expect(valueIn(await run(`name,server,credential\n${lines.join('\n')}`))).toEqual({ added: 350, waiting: 0 });
    expect(await stored(names.at(-1) ?? '')).toBeDefined();
  });

  test('five thousand lines are looked at in a few seconds', async () => {
    const { credential } = await named();
    const lines = Array.from({ length: 5_000 }, () => `${fresh()},host.example,${credential}`);
    const started = performance.now();
    const rows = await check(`name,server,credential\n${lines.join('\n')}`);
    expect(rows).toHaveLength(5_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test.each([['user'], ['approver'], ['auditor']] as const)(
    'and looking, and exporting, is not for %s',
    async (role) => {
      const actor = await anActor(db(), [role]);
      const text = `name,server\n${fresh()},h.example`;
      expect(await checkImport(ctx, actor, { text })).toEqual({ ok: false, code: 'forbidden' });
      expect(await run(text, actor)).toEqual({ ok: false, code: 'forbidden' });
      expect(await exportComputers(ctx, actor)).toEqual({ ok: false, code: 'forbidden' });
    },
  );
});

describe('exporting', () => {
  test('writes names that somebody chose as text, and they can be imported again', async () => {
    const name = `=cmd|'/c calc'!A1 ${newId()}`;
    valueIn(await run(`name,server,notes\n"${name}",h.example,"a\nb"`));
    const text = valueIn(await exportComputers(ctx, admin));
    const csv = readCsv(text, { rows: 10_000, cellLength: 4_000, cells: 50 });
    const cells = csv.ok ? csv.rows.flatMap((row) => row.cells) : [];
    expect(cells).toContain(`'${name}`);
    expect(cells.some((cell) => /^[=+\-@]/.test(cell))).toBe(false);
    expect((await check(text)).find((row) => row.name === name)?.verdict).toBe('there');
  });
});

/**
 * The contract of `npm run rescue`: for the owner of DATA_DIR alone, it lists the administrators, lets one in again with a
 * password that is asked for twice and never an argument, and says in plain sentences what it did or why not. It leaves
 * the database as it found it, running or not, and nothing in it steers the terminal.
 */
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { findPersonByEmail } from '../../db/queries/people.ts';
import { aLogin, aPerson } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import { checkPassword } from '../people/passwords.ts';
import type { ConfigFor } from './command.ts';
import { rescueCommand } from './rescue.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let dataDir: string;
let answers: string[];
let questions: string[];
let opened: number;
let closed: number;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sallyport-rescue-'));
  [answers, questions, opened, closed] = [[], [], 0, 0];
});
afterEach(() => rm(dataDir, { recursive: true }));

const configFor: ConfigFor = () => ({ dataDir, databaseUrl: null }) as Config;

const run = (...argv: string[]) =>
  rescueCommand(argv, configFor, {
    openDatabase: async () => {
      opened += 1;
      const connection = connect(database.appUrl, { max: 1 });
      return {
        ...connection,
        close: () => {
          closed += 1;
          return connection.close();
        },
      };
    },
    askHidden: async (question) => {
      questions.push(question);
      return answers.shift() ?? '';
    },
  });

describe('without an email', () => {
  it('lists the administrators, disabled ones too, and nobody else', async () => {
    await using fresh = await testDatabase();
    const { db } = fresh.connection;
    const ada = await aPerson(db, { name: 'Ada', roles: ['admin'], email: 'ada@example.org' });
    await aLogin(db, ada, { createdAt: new Date('2026-01-02T03:04:05Z') });
    await aPerson(db, { name: 'Bob\u001b[2J', roles: ['admin'], email: 'bob@example.org', disabledAt: new Date() });
    await aPerson(db, { name: 'Carol', email: 'carol@example.org' });
    const ports = { openDatabase: async () => connect(fresh.appUrl, { max: 1 }), askHidden: async () => '' };
    const { status, text } = await rescueCommand([], configFor, ports);
    expect(status).toBe(0);
    expect(text.split('\n').slice(0, 3)).toEqual([
      'Administrators:',
      '  ada@example.org  (Ada; enabled; signed in last on 2026-01-02T03:04:05.000Z)',
      '  bob@example.org  (Bob\ufffd[2J; disabled; never signed in)',
    ]);
    expect(text).not.toContain('carol');
  });

  it('says how to begin where there is none', async () => {
    await using fresh = await testDatabase();
    const ports = { openDatabase: async () => connect(fresh.appUrl, { max: 1 }), askHidden: async () => '' };
    expect(await rescueCommand([], configFor, ports)).toEqual({
      status: 1,
      text: 'Nobody administers this installation yet. Start Sallyport: it prints a link to begin with.',
    });
  });
});

describe('with an email', () => {
  it('asks twice for a new password and says what it did', async () => {
    const person = await aPerson(database.connection.db, { name: 'Ada', roles: ['admin'], disabledAt: new Date() });
    answers = [password, password];
    expect(await run(person.email)).toEqual({
      status: 0,
      text: `Ada (${person.email}):\n  has a new password, and is signed out everywhere\n  is enabled again`,
    });
    expect(questions).toEqual(['New password (leave it empty to keep the present one): ', 'The same again: ']);
    const after = await findPersonByEmail(database.connection.db, person.email);
    expect(await checkPassword(after?.passwordHash, password)).toBe('right');
    expect([opened, closed]).toEqual([1, 1]);
  });

  it('changes nothing when the two are not the same', async () => {
    const { email } = await aPerson(database.connection.db, { roles: ['admin'], disabledAt: new Date() });
    answers = [password, `${password}!`];
    expect(await run(email)).toEqual({ status: 2, text: 'The two passwords are not the same.' });
    expect((await findPersonByEmail(database.connection.db, email))?.disabledAt).not.toBeNull();
    expect(closed).toBe(1);
  });

  it('keeps the password where nothing is entered', async () => {
    const { name, email } = await aPerson(database.connection.db, { roles: ['admin'] });
    const { status, text } = await run(email);
    expect([status, text]).toEqual([
      0,
      `${name} (${email}) was an administrator who may sign in. Nothing was changed.`,
    ]);
  });

  it('refuses somebody who is none, unless it is told to make them one', async () => {
    const { email } = await aPerson(database.connection.db);
    expect(await run(email)).toEqual({
      status: 1,
      text: 'This person is no administrator. Add --make-admin to make them one.',
    });
    const { status, text } = await run(email, '--make-admin');
    expect([status, text]).toEqual([0, expect.stringContaining('is an administrator now')]);
  });

  it('names those whom it could be when nobody has the email', async () => {
    const { email } = await aPerson(database.connection.db, { roles: ['admin'] });
    const { status, text } = await run('nobody\u001b@example.org');
    expect(status).toBe(1);
    expect(text).toContain('Nobody has the email address nobody\ufffd@example.org.\nAdministrators:');
    expect(text).toContain(email);
  });
});

describe('whoever does not own the installation', () => {
  it('is refused before any question and any look at the database', async () => {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) await chown(dataDir, 65_534, 65_534);
    else dataDir = '/';
    const { status, text } = await run('ada@example.org', '--make-admin');
    expect([status, text]).toEqual([2, expect.stringContaining('belongs to another user')]);
    expect([opened, questions]).toEqual([0, []]);
    if (!isRoot) dataDir = await mkdtemp(join(tmpdir(), 'sallyport-rescue-'));
  });

  it('is told that there is none in a folder that is not there', async () => {
    const ports = { openDatabase: async () => undefined, askHidden: async () => '' };
    const nowhere = () => ({ dataDir: '/not/there', databaseUrl: null }) as Config;
    const answer = await rescueCommand([], nowhere, ports);
    expect(answer).toEqual({ status: 2, text: 'There is no installation in /not/there.' });
    expect(await rescueCommand([], configFor, ports)).toEqual({
      status: 2,
      text: `There is no database in ${dataDir}.`,
    });
  });
});

describe('a command that is not understood', () => {
  it.each([[['a@b', 'c@d']], [['--password', 'x']], [['--data-dir']]])(
    '%j changes nothing and says how',
    async (argv) => {
      const { status, text } = await run(...argv);
      expect([status, opened]).toEqual([2, 0]);
      expect(text).toContain('npm run rescue -- [EMAIL] [options]');
    },
  );

  it('is explained with --help', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, text: expect.stringContaining('A master password is not') });
    expect(opened).toBe(0);
  });

  it('says so when the configuration contradicts itself', async () => {
    const broken: ConfigFor = () => {
      throw new ConfigError('TLS_CERT is set without TLS_KEY.');
    };
    const ports = { openDatabase: async () => undefined, askHidden: async () => '' };
    expect(await rescueCommand([], broken, ports)).toEqual({ status: 2, text: 'TLS_CERT is set without TLS_KEY.' });
  });

  it('passes the flags on by which the program itself finds its installation', async () => {
    const seen: string[][] = [];
    const recording: ConfigFor = (argv) => {
      seen.push(argv);
      return { dataDir, databaseUrl: null } as Config;
    };
    const ports = { openDatabase: async () => undefined, askHidden: async () => '' };
    await rescueCommand(['--demo', '--data-dir', '/x', 'a@b'], recording, ports);
    expect(seen).toEqual([['--demo', '--data-dir', '/x']]);
  });
});

it('says what to do about a database of another version', async () => {
  await using old = await testDatabase();
  const owner = connect(old.ownerUrl, { max: 1 });
  await owner.sql`alter table people rename column disabled_at to was_disabled_at`;
  await owner.close();
  const ports = { openDatabase: async () => connect(old.appUrl, { max: 1 }), askHidden: async () => '' };
  const { status, text } = await rescueCommand([], configFor, ports);
  expect(status).toBe(2);
  expect(text).toContain('Start Sallyport once with this version.');
});

/**
 * The contract of `npm run verify -- audit`: whoever changes, removes, swaps or cuts rows is found out in the database
 * and in an export of it alike, and the first wrong row of each writer is named in a plain sentence. It ends with 0 only
 * for a log that is proven intact, and nothing in a log or a file steers the terminal.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { anActor } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import { ConfigError } from '../config/command-line.ts';
import type { Actor, Context } from '../context.ts';
import { newId } from '../ids.ts';
import { anchorOnce } from './anchor.ts';
import { exportLog } from './export-log.ts';
import type { FilterParams } from './filters.ts';
import { type OpenDatabase, type Place, verifyAuditCommand } from './verify-command.ts';

let folder: string;
let database: TestDatabase;
let gateway: Context;
let portal: Context;
let auditor: Actor;
let opened: Place[];
let closed: number;

const anchorsIn = (dataDir: string) => join(dataDir, 'audit-anchors.ndjson');
const plainPlace = { dataDir: '/plain', databaseUrl: null, auditAnchorPath: anchorsIn('/plain') };
const demoPlace = { dataDir: '/demo', databaseUrl: null, auditAnchorPath: anchorsIn('/demo') };
const configFor = (argv: string[]) => (argv.includes('--demo') ? demoPlace : plainPlace);
const openDatabase: OpenDatabase = async (place) => {
  opened.push(place);
  const close = async () => {
    closed += 1;
  };
  return { db: database.connection.db, close };
};
const run = (...argv: string[]) => verifyAuditCommand(argv, configFor, openDatabase);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-export-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  database = await testDatabase();
  gateway = database.context();
  portal = database.context();
  auditor = await anActor(database.connection.db, ['auditor']);
  opened = [];
  closed = 0;
  for (const name of ['first', 'second', 'third', 'fourth']) {
    for (const { audit } of [gateway, portal])
      await audit.append({ kind: 'group.created', subject: { groupId: newId(), name } });
  }
  await anchorOnce(portal, new Map());
});
afterEach(() => database.close());

async function exported(filters: FilterParams = {}): Promise<string[]> {
  let text = '';
  for await (const piece of valueIn(await exportLog(gateway, auditor, { filters }))) text += piece;
  return text.trimEnd().split('\n');
}

async function fileOf(lines: readonly string[]): Promise<string> {
  const file = join(folder, `${newId()}.ndjson`);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

async function asOwner(statement: string): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1 });
  await owner.sql.unsafe(statement);
  await owner.close();
}

type Line = { writerId: string; seq: number; subject: Record<string, unknown> };
const isRow = (line: string, { audit }: Context, seq: number) => {
  const row = JSON.parse(line) as Line;
  return row.writerId === audit.writerId && row.seq === seq;
};
const changed = (line: string, change: object) => JSON.stringify({ ...(JSON.parse(line) as object), ...change });

describe('an untouched log', () => {
  it('is intact in the database', async () => {
    expect(await run()).toEqual({
      status: 0,
      text: `The audit log of /plain.\nThe audit log is intact: 9 rows of 2 writers, every row as it was written.\nNot compared with an anchor file: there is none at /plain/audit-anchors.ndjson.`,
    });
    expect([opened, closed]).toEqual([[plainPlace], 1]);
  });

  it('is intact in an export, with no database at all', async () => {
    const { status, text } = await run('--file', await fileOf(await exported()));
    expect([status, opened]).toEqual([0, []]);
    expect(text).toContain('The audit log is intact: 10 rows of 2 writers');
  });

  it('is intact whatever text was written into it', async () => {
    for (const name of ['\u001b[2J', '\u202e', '\ud800', '\0', '\u2028', '"\\', '__proto__', '🙂'])
      await portal.audit.append({ kind: 'group.created', subject: { groupId: newId(), name } });
    const lines = await exported();
    expect((await run()).status).toBe(0);
    expect((await run('--file', await fileOf(lines))).status).toBe(0);
  });

  it('is intact in the part that a filter shows, and says what that cannot prove', async () => {
    const file = await fileOf(await exported({ text: 'second' }));
    expect(await run('--file', file)).toMatchObject({ status: 2, text: expect.stringContaining('--part') });
    const { status, text } = await run('--file', file, '--part');
    expect(status).toBe(0);
    expect(text).toContain('filtered by text “second”.\nEach of the 2 rows of 2 writers is as it was written.');
    expect(text).toContain('cannot be seen in a part');
  });
});

describe('tampering', () => {
  const changedRow = /row 2 is not what was written/;
  const removedRow = /row 3 does not follow the row before it/;
  const cutEnd = /row 4 is missing, or not the one that others noted/;

  it('is found in the database: a changed row', async () => {
    await asOwner(
      `update audit_events set subject = '{"name":"x"}' where seq = 2 and writer_id = '${gateway.audit.writerId}'`,
    );
    const { status, text } = await run();
    expect(status).toBe(1);
    expect(text).toMatch(changedRow);
    expect(text).toContain(`Writer ${gateway.audit.writerId}:`);
    expect(text).not.toContain(portal.audit.writerId);
  });

  it('is found in the database: a row removed from the middle', async () => {
    await asOwner(`delete from audit_events where seq = 2 and writer_id = '${gateway.audit.writerId}'`);
    expect(await run()).toMatchObject({ status: 1, text: expect.stringMatching(removedRow) });
  });

  it('is found in the database: the newest rows removed, behind an anchor', async () => {
    await asOwner(`delete from audit_events where seq >= 3 and writer_id = '${gateway.audit.writerId}'`);
    expect(await run()).toMatchObject({ status: 1, text: expect.stringMatching(cutEnd) });
  });

  it('is found in the database: two writers swapped', async () => {
    const [one, two, none] = [gateway.audit.writerId, portal.audit.writerId, newId<string>()];
    for (const [from, to] of [
      [one, none],
      [two, one],
      [none, two],
    ])
      await asOwner(`update audit_events set writer_id = '${to}' where writer_id = '${from}'`);
    const { status, text } = await run();
    expect(status).toBe(1);
    expect(text).toMatch(
      new RegExp(`${one}: row 1 is not[^]*${two}: row 1 is not|${two}: row 1 is not[^]*${one}: row 1 is not`),
    );
  });

  const swapWriters = (lines: string[]) =>
    lines.map((line, at) => {
      if (at === 0) return line;
      const mine = (JSON.parse(line) as Line).writerId === gateway.audit.writerId;
      return changed(line, { writerId: (mine ? portal : gateway).audit.writerId });
    });
  const notOf = (lines: string[], from: number, to = from) =>
    lines.filter((line) => ![...Array(to - from + 1).keys()].some((step) => isRow(line, gateway, from + step)));
  const headless = (lines: string[], heads: object[] = []) => [changed(lines[0] ?? '', { heads }), ...lines.slice(1)];

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    [
      'a changed row',
      (lines) => lines.map((line) => (isRow(line, gateway, 2) ? changed(line, { subject: { name: 'x' } }) : line)),
      changedRow,
    ],
    [
      'a changed row with a hash to fit',
      (lines) => lines.map((line) => (isRow(line, gateway, 2) ? changed(line, { hash: 'ab'.repeat(32) }) : line)),
      changedRow,
    ],
    ['a row removed from the middle', (lines) => notOf(lines, 2), removedRow],
    ['the newest rows removed', (lines) => notOf(lines, 4, 5), /row 4 is missing/],
    ['the newest rows removed, and the heads with them', (lines) => headless(notOf(lines, 4, 5)), cutEnd],
    ['a whole writer removed, and the heads with it', (lines) => headless(notOf(lines, 1, 5)), cutEnd],
    ['a file that broke off', (lines) => lines.slice(0, -2), /is missing/],
    ['nothing but the first line', (lines) => lines.slice(0, 1), /is missing/],
    ['writers swapped', swapWriters, /row 1 is not what was written/],
    ['rows in another order', ([header = '', ...rows]) => [header, ...rows.reverse()], /does not follow/],
    ['a row twice', (lines) => lines.flatMap((line, at) => (at === 3 ? [line, line] : [line])), /does not follow/],
    ['a line that is none', (lines) => [...lines, '{"writerId":"\u001b[2J"}'], /Line 12 is not a row/],
    [
      'an anchor hidden by another spelling of its kind, and the rows behind it',
      (lines) => headless(notOf(lines, 4, 5)).map((line) => line.replace('audit.anchored', 'audit\\u002eanchored')),
      cutEnd,
    ],
  ])('is found in an export: %s', async (_, tamper, sentence) => {
    const { status, text } = await run('--file', await fileOf(tamper(await exported())));
    expect(text).toMatch(sentence);
    expect(text).toContain('NOT intact');
    expect(status).toBe(1);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });

  it('is found in a part of the log, too', async () => {
    const lines = await exported({ text: 'second' });
    const forged = lines.map((line) => line.replace('"name":"second"', '"name":"other"'));
    const { status, text } = await run('--part', '--file', await fileOf(forged));
    expect([status, text]).toEqual([1, expect.stringMatching(changedRow)]);
  });

  it('does not hide behind a filter that nobody asked for', async () => {
    const [header = '', ...rows] = notOf(await exported(), 2);
    const file = await fileOf([changed(header, { filters: { text: '\u001b[2J' } }), ...rows]);
    const { status, text } = await run('--file', file);
    expect(status).toBe(2);
    expect(text).not.toMatch(/\p{C}/u);
  });
});

describe('the command', () => {
  it('takes the demo where there is no plain installation, and only what it is told where it is told', async () => {
    const onlyDemo: OpenDatabase = (place) => (place === demoPlace ? openDatabase(place) : Promise.resolve(undefined));
    const { status, text } = await verifyAuditCommand([], configFor, onlyDemo);
    expect([status, text]).toEqual([0, expect.stringContaining('The audit log of /demo.')]);
    const none: OpenDatabase = async () => undefined;
    expect(await verifyAuditCommand([], configFor, none)).toEqual({
      status: 2,
      text: 'There is no database in /plain or /demo.',
    });
    expect(await verifyAuditCommand(['--demo'], configFor, none)).toMatchObject({
      text: 'There is no database in /demo.',
    });
  });

  it.each([
    [['extra'], /extra/],
    [['--frobnicate'], /frobnicate/],
    [['--part'], /goes with --file/],
    [['--file', '/nowhere/at/all.ndjson'], /ENOENT/],
    [['--file', 'x', '--demo'], /without an installation/],
  ])('ends with 2 for %j', async (argv, problem) => {
    expect(await run(...argv)).toMatchObject({ status: 2, text: expect.stringMatching(problem) });
  });

  it.each([[[]], [['']], [['{}']], [['nonsense\u001b[2J']], [['{"sallyport":"audit log","version":2}']]])(
    'does not take %j for an export',
    async (lines) => {
      expect(await run('--file', await fileOf(lines))).toMatchObject({
        status: 1,
        text: expect.stringContaining('does not begin as'),
      });
    },
  );

  it('says why it cannot, and always lets go of the database', async () => {
    const broken: OpenDatabase = () => Promise.reject(new Error('No answer\u001b[2J.'));
    expect(await verifyAuditCommand([], configFor, broken)).toEqual({
      status: 2,
      text: 'The audit log could not be checked: No answer\ufffd[2J.',
    });
    const refuse = () => {
      throw new ConfigError('PORT must be a number.');
    };
    expect(await verifyAuditCommand([], refuse, openDatabase)).toEqual({ status: 2, text: 'PORT must be a number.' });
    await asOwner('revoke select on audit_events from sallyport_app');
    expect(await run()).toMatchObject({ status: 2 });
    expect(closed).toBe(1);
  });

  it('helps', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, text: expect.stringContaining('--file FILE') });
  });
});

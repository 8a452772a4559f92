/**
 * The contract: where the chains of the log stand is noted in a file outside the database, which only grows. Whoever then
 * deletes or rewrites rows with the rights of the database's owner, all anchors within included, is found and named by
 * it; whoever changes the file is found, too. What a crash leaves of a line is no damage.
 */
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { insertAuditEvents, pageOfChains } from '../../db/queries/audit.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { newId, type WriterId } from '../ids.ts';
import { anchorOnce, startAnchoring } from './anchor.ts';
import { openAnchorFile } from './anchor-file.ts';
import { anchorOutside } from './anchor-outside.ts';
import { chainOn, emptyHead } from './chain.ts';
import type { AuditEvent } from './events.ts';
import { verifyAnchors } from './verify-anchors.ts';
import { verifyAuditChains } from './verify-chain.ts';
import { verifyAuditCommand } from './verify-command.ts';

let folder: string;
let path: string;
let database: TestDatabase;
let gateway: Context;
let portal: Context;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-anchors-'));
  path = join(folder, 'anchors.ndjson');
  database = await testDatabase();
  gateway = database.context();
  portal = database.context();
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const event = (name: string): AuditEvent => ({ kind: 'group.created', subject: { groupId: newId(), name } });

async function write(...names: string[]): Promise<void> {
  for (const name of names) for (const { audit } of [gateway, portal]) await audit.append(event(name));
}

/** As the gateway does it once a minute. */
async function note(alarmed = new Set<WriterId>()): Promise<void> {
  await anchorOutside(gateway, await openAnchorFile(path), alarmed);
}

async function asOwner(statement: string): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1 });
  await owner.sql.unsafe(statement);
  await owner.close();
}

const linesIn = async () => (await readFile(path, 'utf8')).trimEnd().split('\n');
const verify = async () => there(await verifyAnchors(database.connection.db, path));
function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is an anchor file.');
  return value;
}
const command = (...argv: string[]) =>
  verifyAuditCommand(
    argv,
    () => ({ dataDir: folder, databaseUrl: null, auditAnchorPath: path }),
    async () => ({ db: database.connection.db, close: async () => undefined }),
  );

describe('the file', () => {
  it('gets what moved of every chain, that of its own process too, and nothing while nothing moves', async () => {
    await write('a', 'b');
    await note();
    await note(); // the row that says that the file was begun
    await note();
    await portal.audit.append(event('c'));
    await note();
    const lines = (await linesIn()).map((line) => JSON.parse(line));
    const seqs = lines.map(({ heads }) => heads.map(({ seq }: { seq: number }) => seq).sort());
    expect(seqs).toEqual([[2, 2], [3], [3]]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await verify()).toEqual({ lines: 3, brokenLine: undefined, lost: [] });
  });

  it('goes on after what a machine without power left of a line', async () => {
    await write('a');
    await note();
    await appendFile(path, '{"at":"2026-01-');
    await write('b');
    await note();
    await write('c');
    await note();
    expect(await linesIn()).toHaveLength(4);
    expect(await verify()).toEqual({ lines: 4, brokenLine: undefined, lost: [] });
  });

  it('is begun anew where it is gone, and the log says so', async () => {
    await write('a');
    const file = await openAnchorFile(path);
    await anchorOutside(gateway, file, new Set());
    await rm(path);
    await write('b');
    await anchorOutside(gateway, file, new Set());
    const rows = await pageOfChains(database.connection.db, undefined, 100);
    expect(rows.filter(({ kind }) => kind === 'audit.anchor_file_begun')).toHaveLength(2);
    expect(await verify()).toEqual({ lines: 1, brokenLine: undefined, lost: [] });
  });

  it('is not written through a link, nor where no folder is', async () => {
    await write('a');
    await writeFile(join(folder, 'elsewhere'), '');
    await symlink(join(folder, 'elsewhere'), path);
    await expect(openAnchorFile(path)).rejects.toThrow(/ELOOP/);
    await expect(openAnchorFile(join(folder, 'none', 'anchors'))).rejects.toThrow(/ENOENT/);
  });

  it('gets the last rows when the process stops in order, and its failures stop nothing', async () => {
    const outside = await openAnchorFile(path);
    const anchoring = startAnchoring(gateway, { outside });
    await write('a', 'b');
    await anchoring.stop();
    expect([...outside.latest.values()].find(({ writerId }) => writerId === portal.audit.writerId)).toMatchObject({
      seq: 2,
    });
    await rm(path);
    await writeFile(join(folder, 'target'), '');
    await symlink(join(folder, 'target'), path);
    await write('c');
    await startAnchoring(gateway, { outside }).stop();
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('');
  });
});

describe('rows that were noted outside', () => {
  beforeEach(async () => {
    await write('a', 'b', 'c', 'd');
    await anchorOnce(portal, new Map());
    await anchorOnce(gateway, new Map());
    await note();
  });

  const cutAll = () => asOwner(`delete from audit_events where seq >= 3 or kind like 'audit.%'`); // with all that saw them

  it('are found out when the newest of all writers are deleted, which the log itself cannot tell', async () => {
    await cutAll();
    expect((await verifyAuditChains(database.connection.db)).broken).toEqual([]);
    const lost = (await verify()).lost.map(({ writerId, seq, lastSeq }) => [writerId, seq, lastSeq]);
    expect(lost.sort()).toEqual(
      [
        [gateway.audit.writerId, 4, 2],
        [portal.audit.writerId, 4, 2],
      ].sort(),
    );
    const { status, text } = await command();
    expect(status).toBe(1);
    expect(text).toContain(
      `Writer ${portal.audit.writerId}: its newest rows were deleted: the log ends at row 2, and the anchor file noted row 4 at `,
    );
    expect(text).toContain('Compared with the 1 line of');
  });

  it('are found out when a whole writer is deleted', async () => {
    await asOwner(`delete from audit_events where writer_id = '${portal.audit.writerId}' or kind like 'audit.%'`);
    expect((await command()).text).toContain('its newest rows were deleted: none of its rows is left');
  });

  it('are found out when a chain is rewritten without a seam', async () => {
    const { writerId } = portal.audit;
    const rows = (await pageOfChains(database.connection.db, undefined, 100)).filter(
      (row) => row.writerId === writerId && row.kind === 'group.created',
    );
    const forged = rows.map((row) => (row.seq === 3 ? { ...row, subject: { name: 'innocent' } } : row));
    await asOwner(`delete from audit_events where writer_id = '${writerId}' or kind like 'audit.%'`);
    await insertAuditEvents(database.connection.db, chainOn(emptyHead, forged).rows);
    expect((await verifyAuditChains(database.connection.db)).broken).toEqual([]);
    expect((await command()).text).toContain(`Writer ${writerId}: row 4 is not the one that the anchor file noted at`);
  });

  it('raise an alarm in the running gateway, once', async () => {
    await asOwner(`delete from audit_events where seq >= 3 and writer_id = '${portal.audit.writerId}'`);
    const alarmed = new Set<WriterId>();
    await note(alarmed);
    await note(alarmed);
    const rows = await pageOfChains(database.connection.db, undefined, 100);
    expect(rows.filter(({ kind }) => kind === 'audit.rows_missing')).toMatchObject([
      { subject: { writerId: portal.audit.writerId, seq: 4, writers: 1, file: path } },
    ]);
  });

  it('are compared with a copy of the file that is named', async () => {
    const copy = join(folder, 'copy');
    await writeFile(copy, await readFile(path));
    await cutAll();
    await rm(path);
    expect(await command('--anchors', copy)).toMatchObject({ status: 1, text: expect.stringContaining('row 4 at') });
  });
});

describe('the file itself', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await portal.audit.append(event(name));
      await note();
    }
  });

  it.each([
    ['a line was changed', (lines: string[]) => lines.with(1, (lines[1] ?? '').replace('"seq":2', '"seq":1')), 3],
    ['a line was taken out', (lines: string[]) => lines.toSpliced(1, 1), 2],
    ['the first lines were taken out', (lines: string[]) => lines.slice(2), 1],
    ['lines were swapped', ([a, b, c, ...more]: string[]) => [a, c, b, ...more], 2],
    ['a line is none', (lines: string[]) => lines.with(2, '\u001b[2Jnonsense'), 3],
    ['the last line is none', (lines: string[]) => lines.with(-1, 'nonsense'), 4],
  ])('%s: its line is named', async (_, tamper, broken) => {
    await writeFile(path, `${tamper((await linesIn()).slice(0, 4)).join('\n')}\n`);
    expect((await verify()).brokenLine).toBe(broken);
    const { status, text } = await command();
    expect([status, text]).toEqual([1, expect.stringContaining(`Line ${broken} of the anchor file is not`)]);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });

  it('is gone: the log knows that there was one', async () => {
    await rm(path);
    const { status, text } = await command();
    expect(status).toBe(1);
    expect(text).toMatch(/The anchor file .* begun on .* was not found\. If it is elsewhere, name it: --anchors FILE/);
  });

  it('is of the installation that a backup was made of, and the restored one has none yet', async () => {
    await rm(path);
    const subject = { snapshot: 's', recordings: 0, systemUser: 'root' };
    await portal.audit.append({ kind: 'backup.restored', subject });
    expect(await command()).toMatchObject({ status: 0, text: expect.stringContaining('there is none at') });
  });
});

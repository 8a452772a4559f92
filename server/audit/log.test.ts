// Contract: auditors and administrators, and nobody else, read, filter and export the log. Its pages hold every event
// once, whatever is written meanwhile; each filter finds what it names and nothing else. That somebody read or exported
// is written down before they get a line of it: once for each filter they open, not for each page.
import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { auditEvents } from '../../db/schema.ts';
import { aComputer, aCredential, aGrant, anActor, aPerson, aSession } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import { valueIn } from '../../db/testing/value-in.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, sentenceOf } from '../errors.ts';
import { newId, type PersonId } from '../ids.ts';
import { roles } from '../protocol/session-words.ts';
import { parseHeader, parseRow } from './export-format.ts';
import { exportLog } from './export-log.ts';
import { type FilterParams, filterParams, readAuditFilters } from './filters.ts';
import { listLog } from './list-log.ts';
import { createAudit } from './writer.ts';

let database: TestDatabase;
let ctx: Context;
let other: Context;
let auditor: Actor;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  ctx = database.context();
  other = database.context();
  auditor = await anActor(database.connection.db, ['auditor'], { name: 'Audrey' });
});

const code = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : outcome.code);
const addGroup = (context: Context, name: string, actorId?: PersonId) =>
  context.audit.append({ kind: 'group.created', actorId, subject: { groupId: newId(), name } });
const sentences = async (filters: FilterParams) => {
  const { rows } = valueIn(await listLog(ctx, auditor, { filters, limit: 200 }));
  return rows.map(({ sentence }) => sentence);
};
const readings = async (kind: string, actor = auditor) => {
  const rows = await database.connection.db
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.actorId, actor.person.id))
    .orderBy(desc(auditEvents.at));
  return rows.filter((row) => row.kind === kind);
};

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('who may', () => {
  it.each(roles)('%s', async (role) => {
    const actor = await anActor(database.connection.db, [role]);
    const expected = role === 'auditor' || role === 'admin' ? 'ok' : 'forbidden';
    expect(code(await listLog(ctx, actor))).toBe(expected);
    expect(code(await exportLog(ctx, actor, { filters: {} }))).toBe(expected);
    const written = expected === 'ok' ? 1 : 0;
    expect(await readings('audit.viewed', actor)).toHaveLength(written);
    expect(await readings('audit.exported', actor)).toHaveLength(written);
  });

  it('nobody after sign-out', async () => {
    const gone = { ...auditor, login: { ...auditor.login, revokedAt: new Date() } };
    expect(code(await listLog(ctx, gone))).toBe('signed_out');
    expect(code(await exportLog(ctx, gone, { filters: {} }))).toBe('signed_out');
  });

  it('nobody while the reading cannot be written down', async () => {
    const audit = { ...ctx.audit, append: () => Promise.reject(new Error('the disk is full')) };
    await expect(listLog({ ...ctx, audit }, auditor)).rejects.toThrow('the disk is full');
    await expect(exportLog({ ...ctx, audit }, auditor, { filters: {} })).rejects.toThrow('the disk is full');
  });
});

describe('pages', () => {
  it('hold each event once, the latest first, while others are written', async () => {
    const mark = newId();
    const made: string[] = [];
    for (let count = 0; count < 23; count += 1) {
      // Two writers at one moment and more: only their chains tell them apart.
      await addGroup(count % 2 ? ctx : other, `${mark} ${count}`);
      made.push(`Added the group “${mark} ${count}”.`);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    let late = 0;
    do {
      const page = valueIn(await listLog(ctx, auditor, { filters: { text: mark }, cursor, limit: 4 }));
      seen.push(...page.rows.map(({ sentence }) => sentence));
      cursor = page.next;
      late += 1;
      // The clock of the one is behind, so its event belongs further down than what was shown already.
      await addGroup(late % 2 ? ctx : other, `${mark} late ${late}`);
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((sentence) => !sentence.includes('late')).toSorted()).toEqual(made.toSorted());
    const times = valueIn(await listLog(ctx, auditor, { filters: { text: mark } })).rows.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((one, two) => two - one));
  });

  it('keep their order where a moment is finer than our clock', async () => {
    const mark = newId();
    for (let count = 0; count < 3; count += 1) await addGroup(ctx, `${mark} ${count}`);
    const owner = connect(database.ownerUrl, { max: 1 });
    await owner.sql`update audit_events set at = '2026-01-01T00:00:00.000500Z'::timestamptz + seq * interval '1 microsecond'
      where subject ->> 'name' like ${`${mark}%`}`;
    await owner.close();
    const first = valueIn(await listLog(ctx, auditor, { filters: { text: mark }, limit: 1 }));
    const second = valueIn(await listLog(ctx, auditor, { filters: { text: mark }, limit: 1, cursor: first.next }));
    const third = valueIn(await listLog(ctx, auditor, { filters: { text: mark }, limit: 1, cursor: second.next }));
    const names = [first, second, third].map(({ rows }) => rows[0]?.sentence.at(-3));
    expect([names, third.next]).toEqual([['2', '1', '0'], undefined]);
  });

  it.each(['', 'x', "x' or true", `${newId()}.1`, `${newId()}.99999999999999999999`, '../1'])(
    'there is none at %j',
    async (cursor) => {
      const outcome = await listLog(ctx, auditor, { cursor });
      expect(outcome.ok ? '' : sentenceOf(outcome)).toContain('Start again from the latest');
    },
  );

  it('bear any limit', async () => {
    for (const limit of [-1, 0, 0.5, Number.NaN, 1e9]) expect(code(await listLog(ctx, auditor, { limit }))).toBe('ok');
  });
});

describe('reading is written down', () => {
  it('once for each filter, not for each page', async () => {
    for (let count = 0; count < 5; count += 1) await addGroup(ctx, 'page');
    const filters = { kind: 'people' };
    const first = valueIn(await listLog(ctx, auditor, { filters, limit: 2 }));
    const second = valueIn(await listLog(ctx, auditor, { filters, limit: 2, cursor: first.next }));
    valueIn(await listLog(ctx, auditor, { filters, limit: 2, cursor: second.next }));
    expect((await readings('audit.viewed')).map(({ subject }) => subject)).toEqual([{ filters }]);
  });

  it('also when a later page is asked for without the filter having been opened', async () => {
    await addGroup(ctx, 'page');
    await addGroup(ctx, 'page');
    const { next } = valueIn(await listLog(ctx, auditor, { filters: { kind: 'people' }, limit: 1 }));
    const sly = { kind: 'sign_in' };
    valueIn(await listLog(ctx, auditor, { filters: sly, cursor: next }));
    expect((await readings('audit.viewed')).map(({ subject }) => subject.filters)).toContainEqual(sly);
  });

  it('not where nothing was shown', async () => {
    expect(code(await listLog(ctx, auditor, { filters: { kind: 'nonsense' } }))).toBe('invalid_input');
    expect(code(await listLog(ctx, auditor, { cursor: 'nonsense' }))).toBe('invalid_input');
    expect(code(await exportLog(ctx, auditor, { filters: { session: 'nonsense' } }))).toBe('invalid_input');
    expect([...(await readings('audit.viewed')), ...(await readings('audit.exported'))]).toEqual([]);
  });
});

describe('filters', () => {
  it('find a person by what they did, what was done to them, and sign-ins that failed under their email', async () => {
    const { db } = database.connection;
    const ada = await aPerson(db, { name: 'Ada Filter' });
    const bob = await aPerson(db, { name: 'Bob Filter' });
    await addGroup(ctx, 'by ada', ada.id);
    await addGroup(ctx, 'by bob', bob.id);
    const groupId = newId<string>();
    await ctx.audit.append(
      { kind: 'person.disabled', subject: { personId: ada.id } },
      { kind: 'group.members_changed', subject: { groupId, added: [bob.id], removed: [ada.id] } },
      { kind: 'login.failed', subject: { email: ada.email.toUpperCase(), address: null, why: 'password' } },
    );
    const about = [
      `Failed to sign in as “${ada.email.toUpperCase()}”: the password was wrong.`,
      `Changed the members of group ${groupId}: put “Bob Filter” in, took “Ada Filter” out.`,
      'Disabled the account of “Ada Filter”.',
      'Added the group “by ada”.',
    ];
    for (const person of ['ada filt', ada.email, ada.id]) expect(await sentences({ person })).toEqual(about);
    expect(await sentences({ person: 'bob filter' })).toEqual([about[1], 'Added the group “by bob”.']);
    expect(await sentences({ person: 'filter' })).toHaveLength(5);
    expect(await sentences({ person: 'nobody at all' })).toEqual([]);
  });

  it('find a computer by what was done to it, at its address, and in sessions on it', async () => {
    const { db } = database.connection;
    const computer = await aComputer(db, { name: 'filtered-1', server: '192.0.2.77', port: 2222 });
    const session = await aSession(db, auditor, { computerId: computer.id });
    await ctx.audit.append(
      { kind: 'computer.disabled', subject: { computerId: computer.id } },
      { kind: 'host_key.forgotten', subject: { server: '192.0.2.77', port: 2222, fingerprint: 'SHA256:f' } },
      { kind: 'host_key.forgotten', subject: { server: '192.0.2.77', port: 22, fingerprint: 'SHA256:g' } },
      { kind: 'session.paste_refused', sessionId: session.id, subject: { bytes: 5 } },
      { kind: 'session.paste_refused', subject: { bytes: 6 } },
    );
    const found = [
      'Was not let paste 5 bytes.',
      'Took back the approval of the host key SHA256:f of 192.0.2.77 port 2222.',
      'Switched “filtered-1” off for sessions.',
    ];
    expect(await sentences({ computer: 'FILTERED-1' })).toEqual(found);
    expect(await sentences({ session: session.id })).toEqual(['Was not let paste 5 bytes.']);
    expect(await sentences({ session: newId() })).toEqual([]);
    expect(await sentences({ computer: 'filtered-1', kind: 'sessions' })).toEqual(['Was not let paste 5 bytes.']);
    expect(await sentences({ computer: 'no such computer' })).toEqual([]);
  });

  it('find a kind, a family, and a time with its end left out', async () => {
    const clock = database.context().clock;
    clock.set(new Date('2001-02-03T12:00:00.000Z'));
    const audit = createAudit({ connection: database.connection, clock });
    await addGroup({ ...ctx, audit }, 'noon');
    clock.advance(60_000);
    await audit.append({ kind: 'login.succeeded', subject: { loginSessionId: newId(), address: '::1' } });
    const day = { from: '2001-02-03', until: '2001-02-04' };
    expect(await sentences(day)).toEqual(['Signed in from ::1.', 'Added the group “noon”.']);
    expect(await sentences({ ...day, until: '2001-02-03T12:01' })).toEqual(['Added the group “noon”.']);
    expect(await sentences({ ...day, from: '2001-02-03T12:00:00.001Z' })).toEqual(['Signed in from ::1.']);
    expect(await sentences({ ...day, kind: 'sign_in' })).toEqual(['Signed in from ::1.']);
    expect(await sentences({ ...day, kind: 'group.created' })).toEqual(['Added the group “noon”.']);
    expect(await sentences({ ...day, kind: 'group.deleted' })).toEqual([]);
  });

  it('find any text as it stands, and not their own reading', async () => {
    const name = `100%_real "\\quoted\\" ${newId()} Ünïcode`;
    await addGroup(ctx, name);
    for (const text of [name, '100%_REAL "\\QUOTED', 'ÜNÏCODE'])
      expect((await sentences({ text })).length, text).toBe(1);
    for (const text of ['100%_real "\\quoted"', '100x_real', "'; drop table audit_events --", 'not there'])
      expect(await sentences({ text }), text).toEqual([]);
    expect(await sentences({ text: 'not there', kind: 'log' })).not.toEqual([]);
  });

  it.each([
    ['kind', 'constructor', /Choose a kind/],
    ['session', '../etc', /whole id/],
    ['from', 'yesterday', /UTC/],
    ['from', '2026-02-30T00:00', /UTC/],
    ['until', '2026-03-01T25:00', /UTC/],
    ['text', 'x'.repeat(201), /200/],
    ['person', 'a\0b', /name/],
    ['until', '1999-01-01', /later/],
  ])('are refused for %s %j, which would show more than was asked', async (name, value, sentence) => {
    const outcome = await listLog(ctx, auditor, { filters: { from: '2000-01-01', [name]: value } });
    expect(outcome).toMatchObject({ ok: false, code: 'invalid_input', params: { field: name } });
    expect(outcome.ok ? '' : sentenceOf(outcome)).toMatch(sentence);
  });

  it('have one spelling each', () => {
    const read = valueIn(readAuditFilters({ from: '2026-03-01T12:00', person: ' ada ', text: '', until: undefined }));
    expect(filterParams(read)).toEqual({ person: 'ada', from: '2026-03-01T12:00:00.000Z' });
    expect(valueIn(readAuditFilters(filterParams(read)))).toEqual(read);
  });
});

describe('names', () => {
  it('are those of today; a personal credential has none for others', async () => {
    const { db } = database.connection;
    const owner = await aPerson(db, { name: 'Olga' });
    const computer = await aComputer(db, { name: 'named-1' });
    const shared = await aCredential(db, { name: 'shared root' });
    const personal = await aCredential(db, { name: 'my diary', ownerId: owner.id });
    const grant = await aGrant(db, { personId: owner.id, computerId: computer.id });
    const mark = { actorId: owner.id };
    for (const { id: credentialId } of [shared, personal]) {
      const subject = { credentialId, computerId: computer.id };
      await ctx.audit.append({ kind: 'credential.released', ...mark, subject });
    }
    await ctx.audit.append({ kind: 'grant.revoked', ...mark, subject: { grantId: grant.id } });
    const { rows } = valueIn(await listLog(ctx, auditor, { filters: { person: owner.id } }));
    expect(rows.map(({ who, sentence }) => `${who}: ${sentence}`)).toEqual([
      'Olga: Revoked the grant of Olga on named-1.',
      `Olga: The gateway took out the credential ${personal.id} to sign in to “named-1”.`,
      'Olga: The gateway took out the credential “shared root” to sign in to “named-1”.',
    ]);
  });
});

describe('an export', () => {
  it('is every row as it stands in the database, with its hashes, up to the export itself', async () => {
    for (let count = 0; count < 450; count += 1) void addGroup(count % 2 ? ctx : other, `n${count}`);
    await addGroup(ctx, 'hostile \u001b[2J \u202e \u2028 \0 "');
    await addGroup(other, 'last');
    const pieces = valueIn(await exportLog(ctx, auditor, { filters: {} }));
    await addGroup(ctx, 'too late');
    const text = await textOf(pieces);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    const [header = '', ...lines] = text.trimEnd().split('\n');
    const rows = await database.connection.db.select().from(auditEvents).orderBy(auditEvents.writerId, auditEvents.seq);
    const inTime = rows.filter(({ subject }) => subject.name !== 'too late');
    const plain = (row: (typeof rows)[number]) => ({
      ...row,
      hash: hexOf(row.hash),
      previousHash: hexOf(row.previousHash),
    });
    expect(lines.map((line) => plain(parseRow(line)!))).toEqual(inTime.map(plain));
    const { heads, filters } = parseHeader(header)!;
    expect(filters).toEqual({});
    expect(heads.find(({ writerId }) => writerId === ctx.audit.writerId)).toMatchObject({
      hash: hexOf(inTime.filter(({ writerId }) => writerId === ctx.audit.writerId).at(-1)!.hash),
    });
    expect((await readings('audit.exported')).map(({ subject }) => subject)).toEqual([{ filters: {} }]);
  });

  it('has the rows that its filters show', async () => {
    const mark = newId();
    await addGroup(ctx, `${mark} a`);
    await addGroup(other, `${mark} b`);
    const text = await textOf(valueIn(await exportLog(ctx, auditor, { filters: { text: mark } })));
    const [header = '', ...lines] = text.trimEnd().split('\n');
    expect(parseHeader(header)?.filters).toEqual({ text: mark });
    expect(lines.map((line) => parseRow(line)?.subject.name).toSorted()).toEqual([`${mark} a`, `${mark} b`]);
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

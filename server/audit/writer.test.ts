// Contract: an act and its evidence stand or fall together; whatever is committed forms one unbroken chain per writer,
// however many write at once and whatever is rolled back in between; and what a client sends can never keep evidence
// from being written.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tx } from '../../db/connect.ts';
import { connect } from '../../db/connect.ts';
import { insertAuditEvents } from '../../db/queries/audit.ts';
import { auditEvents, groups } from '../../db/schema.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Audit } from '../context.ts';
import { type GroupId, newId } from '../ids.ts';
import type { AuditEvent } from './events.ts';
import { verifyAuditChains } from './verify-chain.ts';
import { createAudit } from './writer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const event = (name: string): AuditEvent => ({ kind: 'group.created', subject: { groupId: newId(), name } });
const newAudit = () => database.context().audit;

async function rowsOf(writerId: string) {
  const rows = await database.connection.db.select().from(auditEvents);
  return rows.filter((row) => row.writerId === writerId).sort((a, b) => a.seq - b.seq);
}

describe('transact', () => {
  it('commits the work and its events together', async () => {
    const audit = newAudit();
    const id = newId<GroupId>();
    const value = await audit.transact(async (tx, record) => {
      await tx.insert(groups).values({ id, name: 'both' });
      record(event('both'));
      return 42;
    });
    expect(value).toBe(42);
    expect(await rowsOf(audit.writerId)).toMatchObject([{ seq: 1, kind: 'group.created', subject: { name: 'both' } }]);
  });

  it('leaves neither work nor event nor gap when the work fails', async () => {
    const audit = newAudit();
    await audit.append(event('before'));
    const failing = audit.transact(async (tx, record) => {
      await tx.insert(groups).values({ id: newId<GroupId>(), name: 'never' });
      record(event('never'));
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await audit.append(event('after'));
    expect((await rowsOf(audit.writerId)).map((row) => [row.seq, row.subject.name])).toEqual([
      [1, 'before'],
      [2, 'after'],
    ]);
    const named = await database.connection.db.select({ name: groups.name }).from(groups);
    expect(named).not.toContainEqual({ name: 'never' });
    expect((await verifyAuditChains(database.connection.db)).broken).toEqual([]);
  });

  it('finds its place again when the insert of events itself fails', async () => {
    const audit = newAudit();
    await audit.append(event('one'));
    // Another process that forged our writer id took our next place: the commit must fail, and the one after must not.
    const [first] = await rowsOf(audit.writerId);
    await insertAuditEvents(database.connection.db, [{ ...first!, seq: 2 }]);
    await expect(audit.append(event('two'))).rejects.toThrow();
    await expect(audit.append(event('three'))).resolves.toBeUndefined();
    expect((await rowsOf(audit.writerId)).map((row) => row.seq)).toEqual([1, 2, 3]);
  });

  it('refuses an event that comes after the commit', async () => {
    let late: (event: AuditEvent) => void = () => undefined;
    await newAudit().transact(async (_, record) => {
      late = record;
    });
    expect(() => late(event('late'))).toThrow(/after its transaction/);
  });
});

describe('append', () => {
  it('writes events that arrive together in few statements, in order', async () => {
    const audit = newAudit();
    const names = Array.from({ length: 500 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => audit.append(event(name))));
    const rows = await rowsOf(audit.writerId);
    expect(rows.map((row) => row.subject.name)).toEqual(names);
    const [{ transactions } = { transactions: 0 }] = await database.connection.sql<{ transactions: number }[]>`
      select count(distinct xmin::text)::int as transactions from audit_events where writer_id = ${audit.writerId}`;
    expect(transactions).toBeLessThan(10);
  });

  it('stores whatever text a client sent, and what was stored verifies', async () => {
    const audit = newAudit();
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const hostile = fc.sample(
      fc.oneof(text, fc.constantFrom('\0', '\ud800', '\udc00x', '"\\\u2028', '__proto__')),
      200,
    );
    for (const email of hostile) {
      void audit.append({ kind: 'login.failed', subject: { email, address: null, why: 'unknown' } });
    }
    await audit.append({ kind: 'login.failed', subject: { email: 'a\0b\ud800', address: null, why: 'unknown' } });
    expect((await rowsOf(audit.writerId)).at(-1)?.subject.email).toBe('a\ufffdb\ufffd');
  });

  it('tells every waiting caller when the database is gone', async () => {
    const lost = connect(database.appUrl, { max: 1 });
    await lost.close();
    const audit = createAudit({ connection: lost, clock: { now: () => new Date() } });
    const outcomes = await Promise.allSettled([audit.append(event('a')), audit.append(event('b'))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });
});

describe('many at once', () => {
  it('keeps one unbroken chain whatever commits, rolls back or is batched, and counts only what was committed', async () => {
    const databaseError = (tx: Tx) => tx.insert(groups).values({ id: 'no uuid' as GroupId, name: 'x' });
    /** What each step does, answering how many events it committed. */
    const acts: Record<string, (audit: Audit) => Promise<number>> = {
      append: (audit) => audit.append(event('one')).then(() => 1),
      appendTwo: (audit) => audit.append(event('one'), event('two')).then(() => 2),
      silent: (audit) => audit.transact(async () => 0),
      commit: (audit) =>
        audit.transact(async (_, record) => {
          record(event('commit'));
          return 1;
        }),
      rollBack: (audit) =>
        audit.transact(async (_, record) => {
          record(event('rolled back'));
          throw new Error('rolled back');
        }),
      databaseError: (audit) =>
        audit.transact(async (tx, record) => {
          record(event('database error'));
          await databaseError(tx);
          return 1;
        }),
    };
    const step = fc.constantFrom(...Object.values(acts));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const audit = newAudit();
        const run = (act: (audit: Audit) => Promise<number>) => act(audit);
        const outcomes = await Promise.allSettled(steps.map(run));
        const committed = outcomes.reduce((sum, o) => sum + (o.status === 'fulfilled' ? o.value : 0), 0);
        const seqs = (await rowsOf(audit.writerId)).map((row) => row.seq);
        expect(seqs).toEqual(Array.from({ length: committed }, (_, index) => index + 1));
      }),
      { numRuns: 25 },
    );
    // Rows planted by the test of a stolen place are the only break there is.
    const { broken } = await verifyAuditChains(database.connection.db);
    expect(broken.map((row) => row.seq)).toEqual([2]);
  });
});

// Contract: whoever changes, removes, inserts or cuts audit events with the rights of the database's owner is found out,
// and the first row that is wrong is named for each writer. Anchors are taken of what moved, and idle writers do not
// keep each other busy.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { insertAuditEvents, listHeads, pageOfChains } from '../../db/queries/audit.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { newId } from '../ids.ts';
import { anchorOnce, startAnchoring } from './anchor.ts';
import { chainOn, emptyHead } from './chain.ts';
import type { AuditEvent } from './events.ts';
import { verifyAuditChains } from './verify-chain.ts';

let database: TestDatabase;
let gateway: Context;
let portal: Context;
beforeEach(async () => {
  database = await testDatabase();
  gateway = database.context();
  portal = database.context();
});
afterEach(() => database.close());

const event = (name: string): AuditEvent => ({ kind: 'group.created', subject: { groupId: newId(), name } });
const verify = () => verifyAuditChains(database.connection.db);

async function asOwner(statement: string): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1 });
  await owner.sql.unsafe(statement);
  await owner.close();
}

describe('verifyAuditChains', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await gateway.audit.append(event(name));
      await portal.audit.append(event(name));
    }
  });

  it('finds nothing wrong with an untouched log', async () => {
    expect(await verify()).toEqual({ writers: 2, events: 8, broken: [] });
  });

  it('reads more than a page', async () => {
    await gateway.audit.append(...Array.from({ length: 2500 }, (_, index) => event(`n${index}`)));
    expect(await verify()).toEqual({ writers: 2, events: 2508, broken: [] });
  });

  it.each([
    ['an altered subject', `update audit_events set subject = '{"name":"x"}' where seq = 3`, 3, 'altered'],
    ['an altered time', `update audit_events set at = at + interval '1 ms' where seq = 2`, 2, 'altered'],
    ['another actor', `update audit_events set actor_id = gen_random_uuid() where seq = 1`, 1, 'altered'],
    ['a removed row', 'delete from audit_events where seq = 2', 3, 'missing'],
    ['a removed beginning', 'delete from audit_events where seq < 3', 3, 'missing'],
    ['a rewritten previous hash', `update audit_events set previous_hash = '\\x00' where seq = 4`, 4, 'altered'],
  ])('names the first row after %s', async (_, statement, seq, problem) => {
    await asOwner(`${statement} and writer_id = '${gateway.audit.writerId}'`);
    expect((await verify()).broken).toEqual([{ writerId: gateway.audit.writerId, seq, problem }]);
  });

  it('finds a chain that was cut at its end by the anchors that others took', async () => {
    await anchorOnce(portal, new Map());
    await asOwner(`delete from audit_events where seq >= 3 and writer_id = '${gateway.audit.writerId}'`);
    expect((await verify()).broken).toEqual([{ writerId: gateway.audit.writerId, seq: 4, problem: 'anchor' }]);
  });

  it('finds a chain that was rewritten without a seam, by the same anchors', async () => {
    await anchorOnce(portal, new Map());
    const { writerId } = gateway.audit;
    const page = await pageOfChains(database.connection.db, undefined, 100);
    const rows = page.filter((row) => row.writerId === writerId);
    const forged = rows.map((row) => (row.seq === 3 ? { ...row, subject: { name: 'innocent' } } : row));
    await asOwner(`delete from audit_events where writer_id = '${writerId}'`);
    await insertAuditEvents(database.connection.db, chainOn(emptyHead, forged).rows);
    expect((await verify()).broken).toEqual([{ writerId, seq: 4, problem: 'anchor' }]);
    await asOwner("delete from audit_events where kind = 'audit.anchored'");
    expect((await verify()).broken).toEqual([]); // Nobody saw it: what anchors are for.
  });

  it('survives an anchor that an attacker made into something else', async () => {
    await anchorOnce(portal, new Map());
    await asOwner(`update audit_events set subject = '{"heads":[{"writerId":7,"seq":"x"},null]}' where seq = 5`);
    await asOwner(`update audit_events set subject = '[]', kind = 'audit.anchored' where seq = 2`);
    expect((await verify()).broken).toContainEqual({ writerId: portal.audit.writerId, seq: 2, problem: 'altered' });
  });
});

describe('anchoring', () => {
  const anchors = async () =>
    database.connection.sql<{ writer_id: string; heads: { writerId: string; seq: number }[] }[]>`
      select writer_id, subject->'heads' as heads from audit_events where kind = 'audit.anchored' order by at, seq`;

  it('takes the heads of others, not its own, and only what moved', async () => {
    const seen = new Map<string, number>();
    await gateway.audit.append(event('a'), event('b'));
    await portal.audit.append(event('a'));
    await anchorOnce(portal, seen);
    await anchorOnce(portal, seen);
    await gateway.audit.append(event('c'));
    await anchorOnce(portal, seen);
    expect(await anchors()).toMatchObject([
      { writer_id: portal.audit.writerId, heads: [{ writerId: gateway.audit.writerId, seq: 2 }] },
      { writer_id: portal.audit.writerId, heads: [{ writerId: gateway.audit.writerId, seq: 3 }] },
    ]);
  });

  it('comes to rest: two writers do not anchor each other’s anchors', async () => {
    await gateway.audit.append(event('a'));
    await portal.audit.append(event('a'));
    const [ofGateway, ofPortal] = [new Map<string, number>(), new Map<string, number>()];
    for (let minute = 0; minute < 5; minute += 1) {
      await anchorOnce(gateway, ofGateway);
      await anchorOnce(portal, ofPortal);
    }
    expect(await anchors()).toHaveLength(2);
    expect((await verify()).broken).toEqual([]);
  });

  it('looks at the youngest writers only, so that the anchor after a thousand restarts is no longer than before', async () => {
    for (const name of ['a', 'b']) await gateway.audit.append(event(name));
    await portal.audit.append(event('a'));
    const [youngest] = [gateway.audit.writerId, portal.audit.writerId].sort().reverse();
    expect(await listHeads(database.connection.db, 1)).toMatchObject([{ writerId: youngest }]);
    expect(await listHeads(database.connection.db, 9)).toHaveLength(2);
  });

  it('anchors at once when started, and has finished when stopped', async () => {
    await gateway.audit.append(event('a'));
    await startAnchoring(portal).stop();
    expect(await anchors()).toHaveLength(1);
  });
});

// Contract: an administrator may read the key that a computer shows and pin it before anybody connects. What is pinned is
// what the computer shows, never what a browser says; an address that has a key keeps it; a scan that fails is told.

import { desc } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findHostKey } from '../../db/queries/host-keys.ts';
import { auditEvents } from '../../db/schema.ts';
import { aComputer, anActor, type ComputerRow } from '../../db/testing/builders.ts';
import { type TestDatabase, testDatabase } from '../../db/testing/database.ts';
import type { Actor } from '../context.ts';
import { newId } from '../ids.ts';
import { approveHostKey, readHostKey, type ScanHostKey } from './approve-host-key.ts';

const key = { keyType: 'ssh-ed25519', publicKey: new Uint8Array([1, 2, 3]), fingerprint: 'SHA256:shown' };
const scanned: string[] = [];
const shows: ScanHostKey = async ({ server, port }) => {
  scanned.push(`${server}:${port}`);
  return { ok: true, key };
};
const isDown: ScanHostKey = async () => ({ ok: false, end: { reason: 'unreachable', detail: 'No answer in 10 s.' } });

let database: TestDatabase;
let ctx: ReturnType<TestDatabase['context']>;
let admin: Actor;
let computer: ComputerRow;

beforeAll(async () => {
  database = await testDatabase();
  ctx = database.context();
  admin = await anActor(database.connection.db, ['admin']);
});
afterAll(() => database.close());
beforeEach(async () => {
  scanned.length = 0;
  computer = await aComputer(database.connection.db, { server: `${newId()}.example`, port: 2222 });
});

const pinned = () => findHostKey(database.connection.db, computer.server, computer.port);
const approve = (fingerprint = key.fingerprint, scan = shows, actor = admin) =>
  approveHostKey(ctx, actor, { computerId: computer.id, fingerprint }, scan);

it('reads what the computer shows, and pins nothing by that', async () => {
  const { server, port } = computer;
  expect(await readHostKey(ctx, admin, { computerId: computer.id }, shows)).toEqual({
    ok: true,
    value: { server, port, keyType: key.keyType, fingerprint: key.fingerprint },
  });
  expect(scanned).toEqual([`${server}:2222`]);
  expect(await pinned()).toBeUndefined();
});

it('pins what was approved, and says who did', async () => {
  expect(await approve()).toMatchObject({ ok: true });
  expect(await pinned()).toMatchObject({ keyType: key.keyType, fingerprint: key.fingerprint });
  const [event] = await database.connection.db.select().from(auditEvents).orderBy(desc(auditEvents.at)).limit(1);
  expect(event).toMatchObject({
    kind: 'host_key.pinned',
    actorId: admin.person.id,
    subject: { server: computer.server, port: 2222, fingerprint: key.fingerprint, keyType: key.keyType },
  });
});

it('pins nothing when the computer shows another key than the approved one', async () => {
  expect(await approve('SHA256:from-the-browser')).toMatchObject({ ok: false, code: 'conflict' });
  expect(await pinned()).toBeUndefined();
});

it('keeps the key that is pinned, without dialling again', async () => {
  await approve();
  scanned.length = 0;
  expect(await approve()).toMatchObject({ ok: false, code: 'conflict' });
  expect(await readHostKey(ctx, admin, { computerId: computer.id }, shows)).toMatchObject({ code: 'conflict' });
  expect(scanned).toEqual([]);
});

it('pins once when two approve at the same moment', async () => {
  const outcomes = await Promise.all([approve(), approve()]);
  expect(outcomes.map((outcome) => outcome.ok).sort()).toEqual([false, true]);
});

it('tells why a computer could not be read', async () => {
  expect(await approve(key.fingerprint, isDown)).toEqual({
    ok: false,
    code: 'conflict',
    params: { problem: 'No answer in 10 s.' },
  });
});

describe('whoever is no administrator', () => {
  it('reads and approves nothing, and makes the gateway dial nowhere', async () => {
    const auditor = await anActor(database.connection.db, ['user', 'approver', 'auditor']);
    expect(await approve(key.fingerprint, shows, auditor)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await readHostKey(ctx, auditor, { computerId: computer.id }, shows)).toMatchObject({ code: 'forbidden' });
    expect(scanned).toEqual([]);
  });
});

// Contract: of two gateways on one database the second is refused, until the first lets go or dies. A gateway whose
// connection was cut takes its lock again; if another took it meanwhile, it is told and must stop.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { holdGatewayLock } from './gateway-lock.ts';
import { type TestDatabase, testDatabase } from './testing/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const never = () => {
  throw new Error('not to be called');
};

async function lockHolders(): Promise<number[]> {
  const rows = await database.connection.sql<{ pid: number }[]>`
    select pid from pg_stat_activity join pg_locks using (pid)
    where datname = current_database() and locktype = 'advisory' and granted`;
  return rows.map(({ pid }) => pid);
}

/** Cuts the connection of the holder as a restart of the database would; only the owner may. */
async function cutHolder(): Promise<void> {
  const owner = connect(database.ownerUrl, { max: 1, name: 'test owner' });
  for (const pid of await lockHolders()) await owner.sql`select pg_terminate_backend(${pid})`;
  await owner.close();
}

it('the second is refused while the first holds, and admitted after', async () => {
  const first = await holdGatewayLock(database.appUrl, { onLost: never });
  expect(first).toBeDefined();
  expect(await holdGatewayLock(database.appUrl, { patienceMs: 0, onLost: never })).toBeUndefined();
  const waiting = holdGatewayLock(database.appUrl, { patienceMs: 10_000, onLost: never });
  await first?.release();
  const second = await waiting;
  expect(second).toBeDefined();
  await second?.release();
});

it('takes its lock again when its connection was cut', async () => {
  const lock = await holdGatewayLock(database.appUrl, { onLost: never });
  const [before] = await lockHolders();
  await cutHolder();
  await expect.poll(async () => (await lockHolders())[0] ?? before, { timeout: 10_000 }).not.toBe(before);
  await lock?.release();
  expect(await lockHolders()).toEqual([]);
});

it('is told when another took it meanwhile', async () => {
  let losses = 0;
  const lock = await holdGatewayLock(database.appUrl, { patienceMs: 0, onLost: () => (losses += 1) });
  const rival = connect(database.appUrl, { max: 1, name: 'rival' });
  const taken = rival.sql`select pg_advisory_lock(7725591148)`.execute();
  await cutHolder();
  await taken;
  await expect.poll(() => losses, { timeout: 10_000 }).toBe(1);
  await lock?.release();
  await rival.close();
});

it('rejects when there is no database', async () => {
  const url = database.appUrl.replace(/\/[^/?]*(\?|$)/, '/missing$1');
  await expect(holdGatewayLock(url, { onLost: never })).rejects.toThrow();
});

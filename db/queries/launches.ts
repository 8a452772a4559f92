import { and, desc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { LaunchId, LoginSessionId, PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { launches } from '../schema.ts';

export type LaunchRow = typeof launches.$inferSelect;

export async function insertLaunch(
  tx: Tx,
  launch: Pick<LaunchRow, 'id' | 'origin' | 'claims' | 'sealedKeys' | 'createdAt' | 'expiresAt'>,
): Promise<void> {
  await tx.insert(launches).values(launch);
}

export async function findLaunch(tx: Tx, id: LaunchId): Promise<LaunchRow | undefined> {
  const [row] = await tx.select().from(launches).where(eq(launches.id, id));
  return row;
}

/** The launch, locked until the transaction ends. */
export async function lockLaunch(tx: Tx, id: LaunchId): Promise<LaunchRow | undefined> {
  const [row] = await tx.select().from(launches).where(eq(launches.id, id)).for('update');
  return row;
}

/** Gives a launch to whoever opened its page first. `false`: it is somebody else's, or another sign-in's. */
export async function bindLaunch(
  tx: Tx,
  id: LaunchId,
  { personId, loginSessionId }: { personId: PersonId; loginSessionId: LoginSessionId },
): Promise<boolean> {
  const isFree = and(isNull(launches.personId), isNull(launches.loginSessionId));
  const isTheirs = and(eq(launches.personId, personId), eq(launches.loginSessionId, loginSessionId));
  const rows = await tx
    .update(launches)
    .set({ personId, loginSessionId })
    .where(and(eq(launches.id, id), or(isFree, isTheirs)))
    .returning({ id: launches.id });
  return rows.length === 1;
}

export async function setLaunchSession(tx: Tx, id: LaunchId, sessionId: SessionId): Promise<void> {
  await tx.update(launches).set({ sessionId }).where(eq(launches.id, id));
}

/** `true` for the one call that opened it. */
export async function markLaunchOpened(tx: Tx, id: LaunchId, openedAt: Date): Promise<boolean> {
  const rows = await tx
    .update(launches)
    .set({ openedAt })
    .where(and(eq(launches.id, id), isNull(launches.openedAt)))
    .returning({ id: launches.id });
  return rows.length === 1;
}

/** Of the launches that name this sign-in and that nobody opened the page of yet, keeps the newest. */
export async function keepNewestLaunches(tx: Tx, loginSessionId: LoginSessionId, keep: number): Promise<void> {
  const older = tx
    .select({ id: launches.id })
    .from(launches)
    .where(and(isNull(launches.personId), sql`${launches.claims} ->> 'loginSessionId' = ${loginSessionId}`))
    .orderBy(desc(launches.createdAt), desc(launches.id))
    .offset(keep)
    .for('update', { skipLocked: true });
  await tx.delete(launches).where(inArray(launches.id, older));
}

/** Removes launches that are of no use any more. Rows that another transaction holds are left for the next time. */
export async function deleteLaunchesBefore(tx: Tx, before: { nobodys: Date; any: Date }): Promise<void> {
  const isNobodys = and(isNull(launches.personId), lte(launches.expiresAt, before.nobodys));
  const expired = tx
    .select({ id: launches.id })
    .from(launches)
    .where(or(lte(launches.expiresAt, before.any), isNobodys))
    .for('update', { skipLocked: true });
  await tx.delete(launches).where(inArray(launches.id, expired));
}

import { and, desc, eq, gt, inArray, isNull, ne, sql } from 'drizzle-orm';
import type { LoginSessionId, PersonId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { loginSessions, people, unlocks } from '../schema.ts';

export type Login = typeof loginSessions.$inferSelect;

export async function insertLogin(tx: Tx, login: typeof loginSessions.$inferInsert): Promise<void> {
  await tx.insert(loginSessions).values(login);
}

/** A sign-in and whose it is, as `decide` needs them. */
export async function findLoginWithPerson(tx: Tx, id: LoginSessionId) {
  const [row] = await listLoginsWithPerson(tx, [id]);
  return row;
}

/** The same for several, in no order; those that are gone are left out. */
export async function listLoginsWithPerson(tx: Tx, ids: readonly LoginSessionId[]) {
  return tx
    .select({
      person: {
        id: people.id,
        name: people.name,
        email: people.email,
        roles: people.roles,
        disabledAt: people.disabledAt,
      },
      login: { id: loginSessions.id, expiresAt: loginSessions.expiresAt, revokedAt: loginSessions.revokedAt },
    })
    .from(loginSessions)
    .innerJoin(people, eq(people.id, loginSessions.personId))
    .where(inArray(loginSessions.id, [...ids]));
}

export async function findLogin(tx: Tx, id: LoginSessionId): Promise<Login | undefined> {
  const [login] = await tx.select().from(loginSessions).where(eq(loginSessions.id, id));
  return login;
}

/** A sign-in that ends takes its unlock with it. `false`: it was revoked before. */
export async function markLoginRevoked(tx: Tx, id: LoginSessionId, now: Date): Promise<boolean> {
  const rows = await tx
    .update(loginSessions)
    .set({ revokedAt: now })
    .where(and(eq(loginSessions.id, id), isNull(loginSessions.revokedAt)))
    .returning({ id: loginSessions.id });
  await tx.delete(unlocks).where(eq(unlocks.loginSessionId, id));
  return rows.length === 1;
}

/** Revokes all sign-ins of a person that still count, but for `except`, with their unlocks; answers which. */
export async function markLoginsRevoked(
  tx: Tx,
  personId: PersonId,
  now: Date,
  except?: LoginSessionId,
): Promise<LoginSessionId[]> {
  const rows = await tx
    .update(loginSessions)
    .set({ revokedAt: now })
    .where(
      and(
        eq(loginSessions.personId, personId),
        isNull(loginSessions.revokedAt),
        gt(loginSessions.expiresAt, now),
        except && ne(loginSessions.id, except),
      ),
    )
    .returning({ id: loginSessions.id });
  await tx.delete(unlocks).where(and(eq(unlocks.personId, personId), except && ne(unlocks.loginSessionId, except)));
  return rows.map(({ id }) => id);
}

/** The latest sign-ins of a person, newest first. */
export async function listLoginsOf(tx: Tx, personId: PersonId, limit: number): Promise<Login[]> {
  return tx
    .select()
    .from(loginSessions)
    .where(eq(loginSessions.personId, personId))
    .orderBy(desc(loginSessions.createdAt))
    .limit(limit);
}

/** Addresses from which the person of this email (in lower case) signed in since then. */
export async function listAddressesOf(tx: Tx, email: string, since: Date): Promise<string[]> {
  const rows = await tx
    .selectDistinct({ address: loginSessions.address })
    .from(loginSessions)
    .innerJoin(people, eq(people.id, loginSessions.personId))
    .where(and(sql`lower(${people.email}) = ${email}`, gt(loginSessions.createdAt, since)))
    .limit(200);
  return rows.flatMap(({ address }) => address ?? []);
}

import { and, asc, eq, getTableColumns, inArray, or, type SQL, sql } from 'drizzle-orm';
import type {
  AccessFacts,
  ComputerFacts,
  CredentialChoice,
  GrantFacts,
  SessionFacts,
  Who,
} from '../../server/decide/facts.ts';
import type { ComputerGuid, ComputerId, GrantId, PersonId, SessionId } from '../../server/ids.ts';
import type { Tx } from '../connect.ts';
import { computers, credentials, grants, groupMembers, loginSessions, people, policies, sessions } from '../schema.ts';

/** A computer as `decide` sees it, with what a screen and the gateway need besides. */
export type ComputerAccess = AccessFacts & {
  computer: ComputerFacts & { name: string; description: string; server: string; port: number };
};

export type SessionAccess = {
  session: SessionFacts;
  who: Who;
  access: ComputerAccess;
  grantId: GrantId;
  /** The credential that the session was requested with. */
  credential: CredentialChoice;
  /** End of its check-out. */
  until: Date | null;
  checkOutId: string | null;
  terms: { version: number; sha256: string } | null;
};

const computerColumns = getTableColumns(computers);
const grantColumns = {
  id: grants.id,
  startsAt: grants.startsAt,
  endsAt: grants.endsAt,
  revokedAt: grants.revokedAt,
};
const policyColumns = getTableColumns(policies);

/** What a person has on one computer; `undefined` if there is no such computer. */
export async function loadAccess(tx: Tx, personId: PersonId, guid: ComputerGuid): Promise<ComputerAccess | undefined> {
  const [access] = await loadComputers(tx, personId, eq(computers.guid, guid));
  return access;
}

/** As `loadAccess`, by the number that launches name a computer by. */
export async function loadAccessById(tx: Tx, personId: PersonId, id: ComputerId): Promise<ComputerAccess | undefined> {
  const [access] = await loadComputers(tx, personId, eq(computers.id, id));
  return access;
}

/** What a person has on every computer, by name: the shop. */
export async function loadAllAccess(tx: Tx, personId: PersonId): Promise<ComputerAccess[]> {
  return loadComputers(tx, personId);
}

// Of several grants in force `decide` takes the first, so the order matters: the strictest recording, then the strictest rule of the
// master password, then the longest time.
async function loadComputers(tx: Tx, personId: PersonId, which?: SQL): Promise<ComputerAccess[]> {
  const rows = await tx
    .select({ computer: computerColumns, grant: grantColumns, policy: policyColumns })
    .from(computers)
    .leftJoin(grants, and(eq(grants.computerId, computers.id), reaches(sql`${personId}::uuid`)))
    .leftJoin(policies, eq(policies.id, grants.policyId))
    .where(which)
    .orderBy(
      asc(sql`lower(${computers.name})`),
      sql`array_position(array['required', 'best_effort', 'off'], ${policies.recording})`,
      sql`array_position(array['each_time', 'browser_session'], ${policies.masterPassword})`,
      sql`${grants.endsAt} desc nulls first`,
      asc(grants.id),
    );
  const found = new Map<number, { computer: ComputerAccess['computer']; grants: GrantFacts[] }>();
  for (const { computer, grant, policy } of rows) {
    const access = found.get(computer.id) ?? { computer, grants: [] };
    found.set(computer.id, access);
    if (grant && policy) access.grants.push({ ...grant, policy });
  }
  return [...found.values()];
}

/**
 * What `decide` needs to know of these sessions, in one statement: who, on which computer, and the one grant each was
 * requested under if it still reaches the person, directly or through a group. Ended sessions are included.
 */
export async function loadSessionAccess(tx: Tx, ids: readonly SessionId[]): Promise<SessionAccess[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .select({
      session: {
        id: sessions.id,
        personId: sessions.personId,
        loginSessionId: sessions.loginSessionId,
        state: sessions.state,
      },
      grantId: sessions.grantId,
      until: sessions.checkOutEndsAt,
      checkOutId: sessions.checkOutId,
      termsVersion: sessions.termsVersion,
      termsSha256: sessions.termsSha256,
      credentialKind: sessions.credentialKind,
      credential: { id: credentials.id, ownerId: credentials.ownerId },
      person: { id: people.id, roles: people.roles, disabledAt: people.disabledAt },
      login: { id: loginSessions.id, expiresAt: loginSessions.expiresAt, revokedAt: loginSessions.revokedAt },
      computer: computerColumns,
      grant: grantColumns,
      policy: policyColumns,
    })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .innerJoin(loginSessions, eq(loginSessions.id, sessions.loginSessionId))
    .innerJoin(computers, eq(computers.id, sessions.computerId))
    .leftJoin(credentials, eq(credentials.id, sessions.credentialId))
    .leftJoin(grants, and(eq(grants.id, sessions.grantId), reaches(sql`${sessions.personId}`)))
    .leftJoin(policies, eq(policies.id, grants.policyId))
    .where(inArray(sessions.id, [...ids]));
  return rows.map(({ session, person, login, computer, grant, policy, ...row }) => ({
    session,
    grantId: row.grantId,
    until: row.until,
    checkOutId: row.checkOutId,
    terms: row.termsVersion && row.termsSha256 ? { version: row.termsVersion, sha256: row.termsSha256 } : null,
    who: { person, login },
    access: { computer, grants: grant && policy ? [{ ...grant, policy }] : [] },
    credential:
      row.credentialKind === 'external' ? { kind: 'elsewhere' } : { kind: 'chosen', credential: row.credential },
  }));
}

function reaches(personId: SQL): SQL | undefined {
  return or(
    sql`${grants.personId} = ${personId}`,
    sql`exists (select 1 from ${groupMembers} where ${groupMembers.groupId} = ${grants.groupId} and ${groupMembers.personId} = ${personId})`,
  );
}

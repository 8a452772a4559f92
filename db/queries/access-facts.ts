import { and, asc, eq, getTableColumns, inArray, or, type SQL, sql } from 'drizzle-orm';
import type {
  AccessFacts,
  ComputerFacts,
  CredentialChoice,
  GrantedAccess,
  GrantFacts,
  SessionFacts,
  Who,
} from '../../server/decide/facts.ts';
import type { ComputerGuid, ComputerId, CredentialId, GrantId, PersonId, SessionId } from '../../server/ids.ts';
import type { CredentialKind } from '../../server/protocol/session-words.ts';
import type { Tx } from '../connect.ts';
import { accessLevels, computers, grants, groupMembers, loginSessions, people, policies, sessions } from '../schema.ts';
import { findPickedCredential, loadSharedCredentials } from './credential-facts.ts';

type KnownComputer = {
  computer: ComputerFacts & {
    name: string;
    description: string;
    notes: string;
    server: string;
    server2: string | null;
    server3: string | null;
    port: number;
  };
};

/** A computer as `decide` sees it, with what a screen and the gateway need besides. */
export type ComputerAccess = AccessFacts & KnownComputer;

export type SessionAccess = {
  session: SessionFacts;
  who: Who;
  access: GrantedAccess & KnownComputer;
  grantId: GrantId;
  /** What the session was requested with. */
  credentialId: CredentialId | null;
  credentialKind: CredentialKind;
  /** End of its check-out. */
  until: Date | null;
  checkOutId: string | null;
  terms: { version: number; sha256: string } | null;
  /** What the identity API said of looking at it. */
  allowsSnooping: boolean | null;
};

/** As `SessionAccess`, with all that its person has on the computer, for the right to open it. */
export type RequestedAccess = SessionAccess & { access: ComputerAccess; credential: CredentialChoice };

const computerColumns = getTableColumns(computers);
const grantColumns = {
  id: grants.id,
  startsAt: grants.startsAt,
  endsAt: grants.endsAt,
  revokedAt: grants.revokedAt,
};
const levelColumns = { id: accessLevels.id, name: accessLevels.name };
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

/** What a person has on these computers, in their order; those that are gone are left out. */
export async function loadAccessOf(tx: Tx, personId: PersonId, ids: readonly ComputerId[]): Promise<ComputerAccess[]> {
  if (ids.length === 0) return [];
  const found = new Map(
    (await loadComputers(tx, personId, inArray(computers.id, [...ids]))).map((access) => [access.computer.id, access]),
  );
  return ids.flatMap((id) => found.get(id) ?? []);
}

// Of several grants in force `decide` takes the first, so the order matters: the strictest recording, then the strictest rule of the
// master password, then the longest time.
async function loadComputers(tx: Tx, personId: PersonId, which: SQL): Promise<ComputerAccess[]> {
  const rows = await tx
    .select({ computer: computerColumns, grant: grantColumns, level: levelColumns, policy: policyColumns })
    .from(computers)
    .leftJoin(grants, and(eq(grants.computerId, computers.id), reaches(sql`${personId}::uuid`)))
    .leftJoin(policies, eq(policies.id, grants.policyId))
    .leftJoin(accessLevels, eq(accessLevels.id, grants.accessLevelId))
    .where(which)
    .orderBy(
      sql`array_position(array['required', 'best_effort', 'off'], ${policies.recording})`,
      sql`array_position(array['each_time', 'browser_session'], ${policies.masterPassword})`,
      sql`${grants.endsAt} desc nulls first`,
      asc(grants.id),
    );
  const found = new Map<ComputerId, { computer: ComputerAccess['computer']; grants: GrantFacts[] }>();
  for (const { computer, grant, level, policy } of rows) {
    const access = found.get(computer.id) ?? { computer, grants: [] };
    found.set(computer.id, access);
    if (grant && policy) access.grants.push({ ...grant, accessLevel: level, policy });
  }
  const shared = await loadSharedCredentials(tx, personId, [...found.keys()]);
  return [...found.values()].map((access) => ({ ...access, credentials: shared.get(access.computer.id) ?? [] }));
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
      allowsSnooping: sessions.allowsSnooping,
      termsVersion: sessions.termsVersion,
      termsSha256: sessions.termsSha256,
      credentialId: sessions.credentialId,
      credentialKind: sessions.credentialKind,
      person: { id: people.id, roles: people.roles, disabledAt: people.disabledAt },
      login: { id: loginSessions.id, expiresAt: loginSessions.expiresAt, revokedAt: loginSessions.revokedAt },
      computer: computerColumns,
      grant: grantColumns,
      level: levelColumns,
      policy: policyColumns,
    })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .innerJoin(loginSessions, eq(loginSessions.id, sessions.loginSessionId))
    .innerJoin(computers, eq(computers.id, sessions.computerId))
    .leftJoin(grants, and(eq(grants.id, sessions.grantId), reaches(sql`${sessions.personId}`)))
    .leftJoin(policies, eq(policies.id, grants.policyId))
    .leftJoin(accessLevels, eq(accessLevels.id, grants.accessLevelId))
    .where(inArray(sessions.id, [...ids]));
  return rows.map(({ person, login, computer, grant, level, policy, termsVersion, termsSha256, ...row }) => ({
    ...row,
    terms: termsVersion && termsSha256 ? { version: termsVersion, sha256: termsSha256 } : null,
    who: { person, login },
    access: { computer, grants: grant && policy ? [{ ...grant, accessLevel: level, policy }] : [] },
  }));
}

/** What `decide` needs to know before a session is opened; `undefined` if there is no such session. */
export async function loadRequestedAccess(tx: Tx, id: SessionId): Promise<RequestedAccess | undefined> {
  const [found] = await loadSessionAccess(tx, [id]);
  const access = found && (await loadAccessById(tx, found.who.person.id, found.access.computer.id));
  if (!found || !access) return undefined;
  if (found.credentialKind === 'external') return { ...found, access, credential: { kind: 'elsewhere' } };
  const credential = (found.credentialId && (await findPickedCredential(tx, found.credentialId))) || null;
  return { ...found, access, credential: { kind: 'chosen', credential } };
}

function reaches(personId: SQL): SQL | undefined {
  return or(
    sql`${grants.personId} = ${personId}`,
    sql`exists (select 1 from ${groupMembers} where ${groupMembers.groupId} = ${grants.groupId} and ${groupMembers.personId} = ${personId})`,
  );
}

import type { Tx } from '../../db/connect.ts';
import { addMembers, findGroupByName, insertGroup } from '../../db/queries/groups.ts';
import { findPersonByEmail, insertPerson, updatePasswordHash } from '../../db/queries/people.ts';
import type { AuditEvent } from '../audit/events.ts';
import { type GroupId, newId, type PersonId } from '../ids.ts';
import { hashPassword } from '../people/passwords.ts';
import { type Role, roles } from '../protocol/session-words.ts';
import type { DemoFile } from './demo-file.ts';
import { readablePassword } from './readable-password.ts';

export type RecordEvent = (event: AuditEvent) => void;
export type DemoPeople = { ids: { [R in Role]: PersonId }; operators: GroupId };
type Login = DemoFile['people'][number];
/** A login with the hash to store, unless its password is from an earlier start and stored already. */
export type PreparedLogin = Login & { passwordHash: string; known: boolean };

const names: { [R in Role]: string } = {
  user: 'Uma Weber',
  approver: 'Paul Okafor',
  auditor: 'Audrey Lind',
  admin: 'Adam Novak',
};
const groupName = 'Operators';

/** Logins of every role: those of the earlier start, new ones otherwise. Hashing is slow, so it comes before any transaction. */
export async function prepareLogins(previous: DemoFile | undefined): Promise<PreparedLogin[]> {
  return Promise.all(
    roles.map(async (role) => {
      const known = previous?.people.find((person) => person.role === role);
      const login = known ?? { role, email: `${role}@demo.example`, ...newPasswords() };
      return { ...login, passwordHash: await hashPassword(login.password), known: known !== undefined };
    }),
  );
}

function newPasswords() {
  return { password: readablePassword(), masterPassword: readablePassword() };
}

/** People of every role, and a group with the user in it. Whoever is there already keeps everything but a lost password. */
export async function seedPeople(tx: Tx, record: RecordEvent, logins: PreparedLogin[]): Promise<DemoPeople> {
  const ids = {} as DemoPeople['ids'];
  for (const login of logins) ids[login.role] = await seedPerson(tx, record, login);
  return { ids, operators: await seedGroup(tx, record, ids.user) };
}

async function seedPerson(tx: Tx, record: RecordEvent, login: PreparedLogin): Promise<PersonId> {
  const { role, email, passwordHash, known } = login;
  const found = await findPersonByEmail(tx, email);
  if (found) {
    if (!known) await updatePasswordHash(tx, found.id, passwordHash);
    return found.id;
  }
  const id = newId<PersonId>();
  await insertPerson(tx, { id, name: names[role], email, roles: [role], passwordHash });
  record({ kind: 'person.created', subject: { personId: id, name: names[role], roles: [role] } });
  return id;
}

async function seedGroup(tx: Tx, record: RecordEvent, userId: PersonId): Promise<GroupId> {
  const found = await findGroupByName(tx, groupName);
  if (found) return found.id;
  const id = newId<GroupId>();
  await insertGroup(tx, { id, name: groupName });
  record({ kind: 'group.created', subject: { groupId: id, name: groupName } });
  const added = await addMembers(tx, id, [userId]);
  record({ kind: 'group.members_changed', subject: { groupId: id, added, removed: [] } });
  return id;
}

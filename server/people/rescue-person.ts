import { notify } from '../../db/notify.ts';
import {
  findPersonByEmail,
  lockPerson,
  type Person,
  updateDisabled,
  updatePasswordHash,
  updatePerson,
} from '../../db/queries/people.ts';
import { findPersonKey } from '../../db/queries/person-keys.ts';
import { readSettings } from '../../db/queries/settings.ts';
import { deleteThrottlesOf } from '../../db/queries/throttles.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { roles } from '../protocol/session-words.ts';
import { openPrivateKey } from '../vault/person-key.ts';
import { hashPassword, passwordProblem } from './passwords.ts';
import { passwordRefused } from './person-fields.ts';
import { revokeLoginsOf } from './revoke-login.ts';

/** What somebody at the machine itself has to act with: the database, and nothing of the vault. */
export type Machine = Pick<Context, 'connection' | 'clock' | 'audit'>;

export type RescueInput = {
  email: string;
  /** The new password; `null` keeps the present one. */
  password: string | null;
  /** Makes the person an administrator who is none. */
  makeAdmin: boolean;
  /** The user of the machine who does it, for the audit log. */
  systemUser: string;
};

export type RescueDeed = 'password' | 'enabled' | 'admin' | 'throttles';
export type Rescued = { name: string; email: string; did: RescueDeed[]; hasMasterPassword: boolean };

/**
 * Lets an administrator in again who cannot sign in any more: a new password, an account that is enabled, no wait after
 * wrong attempts. For whoever owns the machine: no actor is asked for. Nobody's master password is touched. Refuses
 * `not_found`, `conflict` for somebody who is no administrator and shall not become one, and `invalid_input`.
 */
export async function rescuePerson(
  { connection, clock, audit }: Machine,
  { email, password, makeAdmin, systemUser }: RescueInput,
): Promise<Outcome<Rescued>> {
  const { db } = connection;
  const found = await findPersonByEmail(db, email.trim().toLowerCase());
  if (!found) return refuse('not_found');
  const refusal = await refuseAs(connection, found, { password, makeAdmin });
  if (refusal) return refusal;
  const passwordHash = password === null ? undefined : await hashPassword(password);
  return audit.transact(async (tx, record) => {
    const person = await lockPerson(tx, found.id);
    if (!person) return refuse('not_found');
    const { id: personId, name } = person;
    const did: RescueDeed[] = [];
    if (passwordHash) {
      await updatePasswordHash(tx, personId, passwordHash);
      await revokeLoginsOf({ clock }, null, { tx, record, personId });
      did.push('password');
    }
    if (person.disabledAt) {
      await updateDisabled(tx, personId, null);
      did.push('enabled');
    }
    if (makeAdmin && !person.roles.includes('admin')) {
      const all = roles.filter((role) => role === 'admin' || person.roles.includes(role));
      await updatePerson(tx, personId, { name, email: person.email, roles: all });
      did.push('admin');
    }
    if (await deleteThrottlesOf(tx, { email: person.email.toLowerCase(), personId })) did.push('throttles');
    record({ kind: 'person.rescued', subject: { personId, did, systemUser } });
    await notify(tx, 'access_changed', { personId });
    const hasMasterPassword = (await findPersonKey(tx, personId)) !== undefined;
    return ok({ name, email: person.email, did, hasMasterPassword });
  });
}

const noAdministrator: Refusal = refuse('conflict', {
  problem: 'This person is no administrator. Add --make-admin to make them one.',
});

async function refuseAs(
  { db }: Machine['connection'],
  person: Person,
  { password, makeAdmin }: Pick<RescueInput, 'password' | 'makeAdmin'>,
): Promise<Refusal | undefined> {
  if (!makeAdmin && !person.roles.includes('admin')) return noAdministrator;
  if (password === null) return undefined;
  const { minPasswordLength: shortest } = await readSettings(db);
  const problem = passwordProblem(password, { email: person.email, shortest });
  if (problem) return passwordRefused(problem, 'password');
  const key = await findPersonKey(db, person.id);
  const opened = key && (await openPrivateKey(key, password));
  opened?.fill(0);
  return opened && passwordRefused('Use another one than your master password.', 'password');
}

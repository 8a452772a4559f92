import { findPersonByEmail, lockPerson, updatePasswordHash } from '../../db/queries/people.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type PersonId } from '../ids.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { isMasterPassword } from '../vault/master-password.ts';
import { checkPassword, hashPassword, passwordProblem } from './passwords.ts';
import { passwordRefused } from './person-fields.ts';
import { revokeLoginsOf } from './revoke-login.ts';
import { countAttempt } from './throttle.ts';

/** An administrator gives somebody a new password, which signs them out everywhere. */
export async function setPassword(
  ctx: Context,
  actor: Actor,
  { personId, password }: { personId: PersonId; password: string },
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  if (!isUuid(personId)) return refuse('not_found');
  return storePassword(ctx, actor, { personId, password, field: 'password' });
}

/** A person changes their own password, proving the present one; their other sign-ins end. */
export async function changeOwnPassword(
  ctx: Context,
  actor: Actor,
  { current, next }: { current: string; next: string },
): Promise<Outcome<undefined>> {
  const { id: personId, email } = actor.person;
  const failed = (why: 'password' | 'throttled') =>
    ctx.audit.append({ kind: 'login.failed', actorId: personId, subject: { email, address: null, why } });
  const attempt = await countAttempt(ctx, { email, address: null });
  if (attempt.blocked) {
    if (attempt.blocked.isFirst) await failed('throttled');
    return attempt.blocked.refusal;
  }
  const person = await findPersonByEmail(ctx.connection.db, email.toLowerCase());
  const passwordHash = person?.id === personId ? person.passwordHash : undefined;
  const checked = await checkPassword(passwordHash, current);
  if (checked === 'too_busy') return attempt.withdraw();
  if (checked === 'wrong') {
    await failed('password');
    return passwordRefused('This is not your present password.', 'current');
  }
  await attempt.forgive();
  const isMaster = await isMasterPassword(ctx, personId, next);
  if (!isMaster.ok) return isMaster;
  if (isMaster.value) return passwordRefused('Use another one than your master password.', 'next');
  return storePassword(ctx, actor, { personId, password: next, field: 'next', replaces: passwordHash });
}

type NewPassword = { personId: PersonId; password: string; field: string; replaces?: string };

async function storePassword(
  ctx: Context,
  actor: Actor,
  { personId, password, field, replaces }: NewPassword,
): Promise<Outcome<undefined>> {
  const { minPasswordLength: shortest } = await readSettings(ctx.connection.db);
  const problem = passwordProblem(password, { email: '', shortest });
  if (problem) return passwordRefused(problem, field);
  const passwordHash = await hashPassword(password);
  return ctx.audit.transact(async (tx, record) => {
    const person = await lockPerson(tx, personId);
    if (!person) return refuse('not_found');
    const containsEmail = passwordProblem(password, { email: person.email, shortest });
    if (containsEmail) return passwordRefused(containsEmail, field);
    // Somebody changed it in the meantime: the proof given was of a password that counts no more.
    if (replaces && replaces !== person.passwordHash)
      return passwordRefused('This is not your present password.', field);
    await updatePasswordHash(tx, personId, passwordHash);
    record({ kind: 'person.changed', actorId: actor.person.id, subject: { personId, fields: ['password'] } });
    await revokeLoginsOf(ctx, actor, { tx, record, personId, except: actor.login.id });
    return ok(undefined);
  });
}

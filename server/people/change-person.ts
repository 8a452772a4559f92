import { notify } from '../../db/notify.ts';
import { lockOtherAdmins, lockPerson, updateDisabled, updatePerson } from '../../db/queries/people.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { isUuid, type PersonId } from '../ids.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { refusingViolations } from '../inventory/refusing-violations.ts';
import type { Role } from '../protocol/session-words.ts';
import { revokeTokensOf } from './api-tokens.ts';
import { emailTaken, PersonFieldsSchema, readFields } from './person-fields.ts';
import { revokeLoginsOf } from './revoke-login.ts';

const lastAdministrator: Refusal = refuse('conflict', {
  problem: 'This is the last administrator who can sign in. Make somebody else an administrator first.',
});

export type ChangePersonInput = { personId: PersonId; name: string; email: string; roles: Role[] };

/** Changes name, email and roles. Roles count from the next click of the person on. */
export async function changePerson(
  ctx: Context,
  actor: Actor,
  { personId, ...input }: ChangePersonInput,
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const wanted = readFields(PersonFieldsSchema, input);
  if (!wanted.ok) return wanted;
  if (!isUuid(personId)) return refuse('not_found');
  return refusingViolations({ people_email: emailTaken }, () =>
    ctx.audit.transact(async (tx, record) => {
      const hasOthers = await lockOtherAdmins(tx, personId);
      const before = await lockPerson(tx, personId);
      if (!before) return refuse('not_found');
      const isLast = isEnabledAdmin(before) && !hasOthers;
      if (isLast && !wanted.value.roles.includes('admin')) return lastAdministrator;
      const fields = changedFields(before, wanted.value);
      if (fields.length === 0) return ok(undefined);
      await updatePerson(tx, personId, wanted.value);
      record({ kind: 'person.changed', actorId: actor.person.id, subject: { personId, fields } });
      await notify(tx, 'access_changed', { personId });
      return ok(undefined);
    }),
  );
}

/** Shuts a person out, which ends their sign-ins, tokens and sessions at once, or lets them in again. */
export async function setPersonDisabled(
  ctx: Context,
  actor: Actor,
  { personId, disabled }: { personId: PersonId; disabled: boolean },
): Promise<Outcome<undefined>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  if (!isUuid(personId)) return refuse('not_found');
  return ctx.audit.transact(async (tx, record) => {
    const hasOthers = await lockOtherAdmins(tx, personId);
    const person = await lockPerson(tx, personId);
    if (!person) return refuse('not_found');
    if ((person.disabledAt !== null) === disabled) return ok(undefined);
    if (disabled && isEnabledAdmin(person) && !hasOthers) return lastAdministrator;
    await updateDisabled(tx, personId, disabled ? ctx.clock.now() : null);
    const kind = disabled ? 'person.disabled' : 'person.enabled';
    record({ kind, actorId: actor.person.id, subject: { personId } });
    if (disabled) {
      await revokeLoginsOf(ctx, actor, { tx, record, personId });
      await revokeTokensOf(ctx, actor, { tx, record, personId });
    } else await notify(tx, 'access_changed', { personId });
    return ok(undefined);
  });
}

function isEnabledAdmin({ roles, disabledAt }: { roles: readonly Role[]; disabledAt: Date | null }): boolean {
  return roles.includes('admin') && disabledAt === null;
}

type Fields = Omit<ChangePersonInput, 'personId'>;

function changedFields(before: Fields, after: Fields): (keyof Fields)[] {
  const text = (fields: Fields, key: keyof Fields) => String(fields[key]);
  return (['name', 'email', 'roles'] as const).filter((key) => text(before, key) !== text(after, key));
}

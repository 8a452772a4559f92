import { insertPerson } from '../../db/queries/people.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok } from '../errors.ts';
import { newId, type PersonId } from '../ids.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { refusingViolations } from '../inventory/refusing-violations.ts';
import type { Role } from '../protocol/session-words.ts';
import { hashPassword, passwordProblem } from './passwords.ts';
import { emailTaken, PersonFieldsSchema, passwordRefused, readFields } from './person-fields.ts';

export type CreatePersonInput = { name: string; email: string; password: string; roles: Role[] };

export async function createPerson(
  ctx: Context,
  actor: Actor,
  { password, ...input }: CreatePersonInput,
): Promise<Outcome<{ personId: PersonId }>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const fields = readFields(PersonFieldsSchema, input);
  if (!fields.ok) return fields;
  const { minPasswordLength: shortest } = await readSettings(ctx.connection.db);
  const problem = passwordProblem(password, { email: fields.value.email, shortest });
  if (problem) return passwordRefused(problem, 'password');

  const passwordHash = await hashPassword(password);
  const personId = newId<PersonId>();
  return refusingViolations({ people_email: emailTaken }, () =>
    ctx.audit.transact(async (tx, record) => {
      await insertPerson(tx, { id: personId, ...fields.value, passwordHash });
      const { name, roles } = fields.value;
      record({ kind: 'person.created', actorId: actor.person.id, subject: { personId, name, roles } });
      return ok({ personId });
    }),
  );
}

import { createHash, randomBytes } from 'node:crypto';
import { adminExists, insertPerson } from '../../db/queries/people.ts';
import { isSetUpLinkOpen, replaceSetUpLink, takeSetUpLink } from '../../db/queries/set-up-links.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { newId, type PersonId } from '../ids.ts';
import { refusingViolations } from '../inventory/refusing-violations.ts';
import { hashPassword, passwordProblem } from './passwords.ts';
import { emailTaken, IdentitySchema, passwordRefused, readFields } from './person-fields.ts';

const linkLifetimeMs = 24 * 3_600_000;

/**
 * The token of a link that makes the first administrator: 256 bits, good once and for a day. It takes the place of any
 * before it. `undefined` once there is an administrator.
 */
export async function createSetUpLink(ctx: Context): Promise<string | undefined> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(ctx.clock.now().getTime() + linkLifetimeMs);
  return ctx.connection.db.transaction(async (tx) => {
    if (await adminExists(tx)) return undefined;
    await replaceSetUpLink(tx, { tokenHash: hashOf(token), expiresAt });
    return token;
  });
}

export type SetUpInput = { token: string; name: string; email: string; password: string };

/** Makes the first administrator, for whoever holds the set-up link. */
export async function setUpInstallation(ctx: Context, input: SetUpInput): Promise<Outcome<{ personId: PersonId }>> {
  const { db } = ctx.connection;
  const tokenHash = hashOf(input.token);
  const isOpen = (await isSetUpLinkOpen(db, tokenHash, ctx.clock.now())) && !(await adminExists(db));
  if (!isOpen) return refuse('set_up_link_invalid');
  const fields = readFields(IdentitySchema, input);
  if (!fields.ok) return fields;
  const { minPasswordLength: shortest } = await readSettings(db);
  const problem = passwordProblem(input.password, { email: fields.value.email, shortest });
  if (problem) return passwordRefused(problem, 'password');

  const passwordHash = await hashPassword(input.password);
  const personId = newId<PersonId>();
  return refusingViolations({ people_email: emailTaken }, () =>
    ctx.audit.transact(async (tx, record) => {
      const isOurs = (await takeSetUpLink(tx, tokenHash, ctx.clock.now())) && !(await adminExists(tx));
      if (!isOurs) return refuse('set_up_link_invalid');
      await insertPerson(tx, { id: personId, ...fields.value, roles: ['user', 'admin'], passwordHash });
      record({ kind: 'installation.set_up', actorId: personId, subject: { personId } });
      return ok({ personId });
    }),
  );
}

function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

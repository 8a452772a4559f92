import { insertLogin } from '../../db/queries/logins.ts';
import { findPersonByEmail, lockPerson, type Person } from '../../db/queries/people.ts';
import { readSettings } from '../../db/queries/settings.ts';
import type { AuditSubjects } from '../audit/events.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type LoginSessionId, newId, type PersonId } from '../ids.ts';
import { checkPassword } from './passwords.ts';
import { countAttempt } from './throttle.ts';

const hourMs = 3_600_000;

export type SignInInput = { email: string; password: string; address: string | null; userAgent: string | null };

export type SignedIn = {
  personId: PersonId;
  name: string;
  email: string;
  loginSessionId: LoginSessionId;
  expiresAt: Date;
};

/**
 * Signs a person in for as long as the settings say. Unknown email, wrong password and disabled person give one answer after the same
 * work; which it was stands in the audit log.
 */
export async function signIn(ctx: Context, input: SignInInput): Promise<Outcome<SignedIn>> {
  const email = clean(input.email.trim().toLowerCase(), 254);
  const address = input.address === null ? null : clean(input.address, 64);
  const failed = (why: AuditSubjects['login.failed']['why']) =>
    ctx.audit.append({ kind: 'login.failed', subject: { email, address, why } });

  const attempt = await countAttempt(ctx, { email, address });
  if (attempt.blocked) {
    if (attempt.blocked.isFirst) await failed('throttled');
    return attempt.blocked.refusal;
  }
  const person = await findPersonByEmail(ctx.connection.db, email);
  const checked = await checkPassword(person?.passwordHash, input.password);
  if (checked === 'too_busy') return attempt.withdraw();
  const isRight = checked === 'right';
  const userAgent = input.userAgent === null ? null : clean(input.userAgent, 300);
  const signedIn = person && isRight && (await open(ctx, person, { address, userAgent }));
  if (signedIn) {
    await attempt.forgive();
    return ok(signedIn);
  }
  await failed(whyFailed(person, isRight));
  return refuse('sign_in_failed');
}

function whyFailed(person: Person | undefined, isRight: boolean): AuditSubjects['login.failed']['why'] {
  if (!person) return 'unknown';
  return isRight ? 'disabled' : 'password';
}

/** Opens the login session, unless the person was disabled or got another password while this one was checked. */
async function open(
  ctx: Context,
  { id, passwordHash }: Person,
  from: { address: string | null; userAgent: string | null },
): Promise<SignedIn | undefined> {
  return ctx.audit.transact(async (tx, record) => {
    const person = await lockPerson(tx, id);
    if (!person || person.disabledAt || person.passwordHash !== passwordHash) return undefined;
    const now = ctx.clock.now();
    const { signInHours } = await readSettings(tx);
    const expiresAt = new Date(now.getTime() + signInHours * hourMs);
    const loginSessionId = newId<LoginSessionId>(now.getTime());
    await insertLogin(tx, { id: loginSessionId, personId: id, createdAt: now, expiresAt, ...from });
    record({ kind: 'login.succeeded', actorId: id, subject: { loginSessionId, address: from.address } });
    return { personId: id, name: person.name, email: person.email, loginSessionId, expiresAt };
  });
}

// Text from a stranger: PostgreSQL refuses U+0000, and nobody needs a megabyte of it.
function clean(text: string, length: number): string {
  return text.slice(0, length).replaceAll('\0', '\ufffd');
}

import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import { findLogin, type Login, listLoginsOf, markLoginRevoked, markLoginsRevoked } from '../../db/queries/logins.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { isUuid, type LoginSessionId, type PersonId } from '../ids.ts';

const loginsShown = 100;

/** A sign-in as its person or an administrator sees it; `isCurrent` is the one that asks. */
export type LoginRow = Login & { isCurrent: boolean };

/** The latest sign-ins of the actor, or of another person for an administrator; newest first. */
export async function listLogins(
  ctx: Context,
  actor: Actor,
  { personId = actor.person.id }: { personId?: PersonId } = {},
): Promise<Outcome<LoginRow[]>> {
  const decision = decide('manage-logins', { ...actor, ownerId: personId }, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  if (!isUuid(personId)) return refuse('not_found');
  const logins = await listLoginsOf(ctx.connection.db, personId, loginsShown);
  return ok(logins.map((login) => ({ ...login, isCurrent: login.id === actor.login.id })));
}

/** Ends a sign-in at once, with the sessions that were opened under it. Signing out is this with the actor's own. */
export async function revokeLogin(
  ctx: Context,
  actor: Actor,
  { loginSessionId }: { loginSessionId: LoginSessionId },
): Promise<Outcome<undefined>> {
  if (!isUuid(loginSessionId)) return refuse('not_found');
  return ctx.audit.transact(async (tx, record) => {
    const login = await findLogin(tx, loginSessionId);
    if (!login) return refuse('not_found');
    const decision = decide('manage-logins', { ...actor, ownerId: login.personId }, ctx.clock.now());
    if (!decision.allow) return refuse(decision.reason);
    if (!(await markLoginRevoked(tx, loginSessionId, ctx.clock.now()))) return ok(undefined);
    const { personId } = login;
    record({ kind: 'login.revoked', actorId: actor.person.id, subject: { loginSessionId, personId } });
    await notify(tx, 'access_changed', { personId });
    return ok(undefined);
  });
}

/** Part of a transaction after which a person's sign-ins must not count any more, but for `except`; `actor` null: the machine. */
export async function revokeLoginsOf(
  { clock }: Pick<Context, 'clock'>,
  actor: Actor | null,
  {
    tx,
    record,
    personId,
    except,
  }: {
    tx: Tx;
    record: (event: AuditEvent) => void;
    personId: PersonId;
    except?: LoginSessionId;
  },
): Promise<void> {
  for (const loginSessionId of await markLoginsRevoked(tx, personId, clock.now(), except)) {
    record({ kind: 'login.revoked', actorId: actor?.person.id ?? null, subject: { loginSessionId, personId } });
  }
  await notify(tx, 'access_changed', { personId });
}

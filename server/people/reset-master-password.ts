import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import {
  findMasterPasswordLink,
  findWaitingLink,
  replaceMasterPasswordLink,
  takeMasterPasswordLink,
} from '../../db/queries/master-password-links.ts';
import { insertNotice, listUnseenNotices, markNoticeSeen } from '../../db/queries/notices.ts';
import { lockPerson } from '../../db/queries/people.ts';
import { deletePersonKey, deleteUnlocksOf, lockPersonKey } from '../../db/queries/person-keys.ts';
import { deletePersonalCredentials } from '../../db/queries/personal-credentials.ts';
import { deleteSecret, findSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { Actor, Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import { type NoticeId, newId, type PersonId, type SecretId } from '../ids.ts';
import { idSchema } from '../inventory/input-fields.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { openForSystem } from '../vault/open.ts';
import { sealForSystem } from '../vault/seal.ts';
import { revokeTokensOf } from './api-tokens.ts';
import { SetMasterPasswordInputSchema, storeFirst } from './master-password.ts';

const linkLifetimeMs = 24 * 3_600_000;
const linkPage = '/master-password/reset';

export const ResetMasterPasswordInputSchema = z.object({
  personId: idSchema<PersonId>('Choose a person from the list.'),
});

/** `path` is for this person alone, signed in, once, until `expiresAt`. */
export type MasterPasswordReset = { path: string; expiresAt: Date; destroyed: number };

/**
 * An administrator takes somebody's key pair away, for example because the master password was forgotten. Nothing that
 * was sealed for it could be opened any more, so their personal credentials are destroyed; tokens that stand for the old
 * password are revoked. The person is told, and gets a link to choose a new master password; asked again, it makes a new link.
 */
export async function resetMasterPassword(
  ctx: Context,
  actor: Actor,
  { personId }: z.output<typeof ResetMasterPasswordInputSchema>,
): Promise<Outcome<MasterPasswordReset>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  return ctx.audit.transact(async (tx, record) => {
    if (!(await lockPerson(tx, personId))) return refuse('not_found');
    const key = await lockPersonKey(tx, personId, 'update');
    if (!key && !(await findWaitingLink(tx, personId))) return nothingToReset;
    const destroyed = await deletePersonalCredentials(tx, personId);
    await deletePersonKey(tx, personId);
    await deleteUnlocksOf(tx, personId);
    await revokeTokensOf(ctx, actor, { tx, record, personId });
    const link = await storeLink(tx, ctx, { personId, createdBy: actor.person.id });
    if (key) await tellOf(tx, ctx, personId, destroyed);
    record({ kind: 'master_password.reset', actorId: actor.person.id, subject: { personId, destroyed } });
    return ok({ ...link, destroyed });
  });
}

const nothingToReset = refuse('conflict', {
  problem: 'This person has no master password yet. They are asked to set one when they sign in.',
});

async function tellOf(tx: Tx, ctx: Context, personId: PersonId, destroyed: number): Promise<void> {
  const createdAt = ctx.clock.now();
  const id = newId<NoticeId>(createdAt.getTime());
  await insertNotice(tx, { id, personId, kind: 'master_password_reset', subject: { destroyed }, createdAt });
}

async function storeLink(tx: Tx, ctx: Context, { personId, createdBy }: { personId: PersonId; createdBy: PersonId }) {
  const token = randomBytes(32).toString('base64url');
  const createdAt = ctx.clock.now();
  const expiresAt = new Date(createdAt.getTime() + linkLifetimeMs);
  const plaintext = Buffer.from(token);
  const sealed = sealForSystem(ctx.keyring, purposeOf(personId), plaintext);
  plaintext.fill(0);
  await insertSecret(tx, sealed);
  const link = { tokenHash: hashOf(token), personId, createdBy, secretId: sealed.id, createdAt, expiresAt };
  for (const secretId of await replaceMasterPasswordLink(tx, link)) await forget(tx, secretId);
  return { path: pathOf(token), expiresAt };
}

/** The reset that waits for the actor; `path` is null once its time is over, and an administrator must make a new one. */
export type WaitingReset = { expiresAt: Date; path: string | null };

export async function findWaitingReset(ctx: Context, actor: Actor): Promise<Outcome<WaitingReset | null>> {
  const { db } = ctx.connection;
  const { id: personId } = actor.person;
  const link = await findWaitingLink(db, personId);
  if (!link) return ok(null);
  const { expiresAt, secretId } = link;
  const sealed = expiresAt > ctx.clock.now() && secretId ? await findSecret(db, secretId) : undefined;
  const opened = sealed && openForSystem(ctx.keyring, purposeOf(personId), sealed);
  return ok({ expiresAt, path: opened?.ok ? pathOf(opened.plaintext.toString()) : null });
}

export const UseMasterPasswordLinkInputSchema = SetMasterPasswordInputSchema.extend({
  token: z.string().min(1, 'This page needs the whole link.').max(200, 'This page needs the whole link.'),
});

/** Sets a new master password with the link of a reset: its person's alone, once, in time. */
export async function setMasterPasswordByLink(
  ctx: Context,
  actor: Actor,
  { token, password }: z.output<typeof UseMasterPasswordLinkInputSchema>,
): Promise<Outcome<undefined>> {
  const { id: personId } = actor.person;
  const tokenHash = hashOf(token);
  const link = await findMasterPasswordLink(ctx.connection.db, tokenHash);
  if (!link || link.personId !== personId || link.usedAt || link.expiresAt <= ctx.clock.now()) {
    // Only a link that we issued leaves evidence: anybody can send made-up ones, as many as they like.
    if (link)
      await ctx.audit.append({
        kind: 'master_password.link_refused',
        actorId: personId,
        subject: { personId: link.personId },
      });
    return refuse('master_password_link_invalid');
  }
  return storeFirst(ctx, actor, password, async (tx, now) => {
    const taken = await takeMasterPasswordLink(tx, { tokenHash, personId, now });
    if (!taken) return { refusal: refuse('master_password_link_invalid') };
    await forget(tx, taken.secretId);
    for (const { id } of await listUnseenNotices(tx, personId))
      await markNoticeSeen(tx, { noticeId: id, personId, now });
    return { byLink: true };
  });
}

async function forget(tx: Tx, secretId: SecretId | null): Promise<void> {
  if (secretId) await deleteSecret(tx, secretId);
}

function purposeOf(personId: PersonId): string {
  return `master-password-link/${personId}`;
}

// After the `#`, so that no server and no log sees it.
function pathOf(token: string): string {
  return `${linkPage}#token=${token}`;
}

function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

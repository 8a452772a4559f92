import { randomBytes, randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { notify } from '../../db/notify.ts';
import {
  type ApiTokenRow,
  countLivingTokens,
  findLatestCall,
  insertApiToken,
  type LatestCall,
  listApiTokensOf,
  lockApiToken,
  markTokenRevoked,
  markTokensRevoked,
  pageOfApiTokens,
} from '../../db/queries/api-tokens.ts';
import { listUsableRecords } from '../../db/queries/aws-records.ts';
import { lockPerson } from '../../db/queries/people.ts';
import { lockPersonKey } from '../../db/queries/person-keys.ts';
import { insertSecret } from '../../db/queries/secrets.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import { type ApiTokenId, type CredentialId, newId, type PersonId } from '../ids.ts';
import { idSchema, NameSchema, wholeNumberSchema } from '../inventory/input-fields.ts';
import { refuseNonAdministrator } from '../inventory/refuse-non-administrator.ts';
import { apiTokenScopes, tokenBounds } from '../protocol/aws-words.ts';
import type { ListQuery, Page } from '../protocol/list-query.ts';
import type { ApiTokenSort } from '../protocol/list-sorts.ts';
import { openKeyPair } from '../vault/master-password.ts';
import { isSameSealing } from '../vault/person-key.ts';
import { sealTokenSecret } from '../vault/token-secret.ts';

export type { ApiTokenRow, LatestCall };

const dayMs = 24 * 3_600_000;
const tokensShown = 100;
const mostLiving = 50;

const networkProblem = 'Enter addresses or networks such as 192.0.2.7 or 192.0.2.0/24, apart by commas.';

/** Networks as somebody types them into one field. */
const NetworksSchema = z
  .union([
    z
      .string()
      .max(5000)
      .transform((text) => text.split(/[\s,;]+/)),
    z.array(z.string().trim()),
  ])
  .transform((words) => [...new Set(words.map((word) => word.toLowerCase()).filter((word) => word !== ''))])
  .refine((words) => words.length <= 50, 'Enter at most 50 networks.')
  .refine((words) => words.every(isNetwork), networkProblem)
  .default([]);

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

export const CreateApiTokenInputSchema = z.object({
  name: NameSchema,
  scopes: z.array(z.enum(apiTokenScopes)).min(1, 'Choose what the token is for.').default(['aws']),
  /** How long it can be used. */
  days: wholeNumberSchema(...tokenBounds.days).default(90),
  /** Empty: from anywhere. */
  networks: NetworksSchema,
  /** The only records it is for; none: all that its person may use. */
  credentialIds: z.array(idSchema<CredentialId>('Choose records from the list.')).max(50).default([]),
  password: z.string().min(1, 'Enter your master password.').max(1024, 'This is not your master password.'),
});
export type CreateApiTokenInput = z.output<typeof CreateApiTokenInputSchema>;

/** `secret` is in this answer alone, and nobody can ask for it again. */
export type MadeToken = { apiTokenId: ApiTokenId; tokenId: string; secret: string; expiresAt: Date };

/**
 * Makes a token for programs of the actor, who proves their master password: it stands for that from now on. Refuses as
 * `openWithMasterPassword`, and names records that the actor may not use.
 */
export async function createApiToken(
  ctx: Context,
  actor: Actor,
  { password, days, ...input }: CreateApiTokenInput,
): Promise<Outcome<MadeToken>> {
  const allowed = decide('enter', actor, ctx.clock.now());
  if (!allowed.allow) return refuse(allowed.reason);
  const { id: personId } = actor.person;
  const opened = await openKeyPair(ctx, personId, password);
  if (!opened.ok) return inField(opened, 'password');
  opened.value.privateKey.fill(0);
  const now = ctx.clock.now();
  const made = {
    apiTokenId: newId<ApiTokenId>(now.getTime()),
    tokenId: newTokenId(),
    secret: newTokenSecret(),
    expiresAt: new Date(now.getTime() + days * dayMs),
  };
  return ctx.audit.transact(async (tx, record) => {
    const person = await lockPerson(tx, personId);
    if (!person || person.disabledAt) return refuse('person_disabled');
    // Reset while Argon2 worked: what was just proven counts no more.
    if (!isSameSealing(await lockPersonKey(tx, personId, 'share'), opened.value.key)) return refuse('locked');
    const problem = await problemOf(tx, { personId, credentialIds: input.credentialIds, now });
    if (problem) return problem;
    await store(tx, ctx, actor, { ...input, ...made, now });
    const { apiTokenId, tokenId, expiresAt } = made;
    const { name, scopes, networks, credentialIds } = input;
    const until = { expiresAt: expiresAt.toISOString() };
    const subject = { apiTokenId, tokenId, name, scopes, networks, credentialIds, ...until };
    record({ kind: 'api_token.created', actorId: personId, subject });
    return ok(made);
  });
}

function inField(refusal: Refusal, field: string): Refusal {
  return { ...refusal, params: { ...refusal.params, field } };
}

type Wanted = { personId: PersonId; credentialIds: readonly CredentialId[]; now: Date };

async function problemOf(tx: Tx, { personId, credentialIds, now }: Wanted): Promise<Refusal | undefined> {
  if ((await countLivingTokens(tx, personId, now)) >= mostLiving) {
    return refuse('conflict', {
      problem: `You have ${mostLiving} tokens. Revoke those that you no longer need first.`,
    });
  }
  if (credentialIds.length === 0) return undefined;
  const usable = new Set((await listUsableRecords(tx, personId, now)).map((row) => row.credentialId));
  if (credentialIds.every((id) => usable.has(id))) return undefined;
  return refuse('invalid_input', { field: 'credentialIds', problem: 'Choose records that you may use now.' });
}

type Storing = Omit<CreateApiTokenInput, 'password' | 'days'> & MadeToken & { now: Date };

async function store(tx: Tx, ctx: Context, actor: Actor, token: Storing): Promise<void> {
  const { apiTokenId: id, secret, now, credentialIds, ...rest } = token;
  const { tokenId, name, scopes, networks, expiresAt } = rest;
  const sealed = sealTokenSecret(ctx.keyring, id, secret);
  await insertSecret(tx, sealed);
  const whose = { personId: actor.person.id, createdIn: actor.login.id, createdAt: now };
  const row = { id, tokenId, name, scopes, networks, expiresAt, ...whose, secretId: sealed.id };
  await insertApiToken(tx, row, credentialIds);
}

// Neither has a character that a shell, an ini file or an Authorization header would read as its own.
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function newTokenId(): string {
  return `SPT${randomBytes(8).toString('hex').toUpperCase()}`;
}

// 40 characters, as the secret keys of AWS have: some tools check that.
export function newTokenSecret(): string {
  return Array.from({ length: 40 }, () => letters[randomInt(letters.length)]).join('');
}

export const RevokeApiTokenInputSchema = z.object({ apiTokenId: idSchema<ApiTokenId>() });

/** Ends a token of the actor's own, or, for an administrator, anybody's, with what runs under it. Again changes nothing. */
export async function revokeApiToken(
  ctx: Context,
  actor: Actor,
  { apiTokenId }: z.output<typeof RevokeApiTokenInputSchema>,
): Promise<Outcome<undefined>> {
  return ctx.audit.transact(async (tx, record) => {
    const token = await lockApiToken(tx, apiTokenId);
    if (!token) return refuse('not_found');
    const { personId, tokenId } = token;
    const decision = decide('manage-logins', { ...actor, ownerId: personId }, ctx.clock.now());
    if (!decision.allow) return refuse(decision.reason);
    if (token.revokedAt) return ok(undefined);
    await markTokenRevoked(tx, apiTokenId, { revokedAt: ctx.clock.now(), revokedBy: actor.person.id });
    record({ kind: 'api_token.revoked', actorId: actor.person.id, subject: { apiTokenId, tokenId, personId } });
    await notify(tx, 'access_changed', { personId });
    return ok(undefined);
  });
}

/** Part of a transaction after which a person's tokens must not count any more; `actor` null: the machine. */
export async function revokeTokensOf(
  { clock }: Pick<Context, 'clock'>,
  actor: Actor | null,
  { tx, record, personId }: { tx: Tx; record: (event: AuditEvent) => void; personId: PersonId },
): Promise<void> {
  const actorId = actor?.person.id ?? null;
  for (const token of await markTokensRevoked(tx, personId, { revokedAt: clock.now(), revokedBy: actorId })) {
    record({ kind: 'api_token.revoked', actorId, subject: { ...token, personId } });
  }
  await notify(tx, 'access_changed', { personId });
}

/** The actor's latest tokens, newest first. */
export async function listOwnApiTokens(ctx: Context, actor: Actor): Promise<Outcome<ApiTokenRow[]>> {
  return ok(await listApiTokensOf(ctx.connection.db, actor.person.id, tokensShown));
}

/** Everybody's tokens, those that can be used first. */
export async function listApiTokens(
  ctx: Context,
  actor: Actor,
  query: ListQuery<ApiTokenSort>,
): Promise<Outcome<Page<ApiTokenRow>>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  return refusal ?? ok(await pageOfApiTokens(ctx.connection.db, query, ctx.clock.now()));
}

/** What came of a token of the actor's own so far: its latest call, or null while there was none. */
export async function readTokenUse(
  ctx: Context,
  actor: Actor,
  { apiTokenId }: z.output<typeof RevokeApiTokenInputSchema>,
): Promise<Outcome<LatestCall | null>> {
  const { db } = ctx.connection;
  const tokens = await listApiTokensOf(db, actor.person.id, tokensShown);
  if (!tokens.some((token) => token.apiTokenId === apiTokenId)) return refuse('not_found');
  return ok((await findLatestCall(db, apiTokenId)) ?? null);
}

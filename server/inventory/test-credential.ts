import { z } from 'zod';
import { loadAccessById } from '../../db/queries/access-facts.ts';
import { findPickedCredential } from '../../db/queries/credential-facts.ts';
import { type CredentialForRelease, findCredentialFor, maySecretGoTo } from '../../db/queries/credential-targets.ts';
import { findHostKey, type PinnedHostKey } from '../../db/queries/host-keys.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { findComputersOf, findComputersWith, findTestPlace, type TestPlace } from '../../db/queries/test-places.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { Actor, Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import { type Outcome, ok, type Refusal, refuse } from '../errors.ts';
import type { CredentialId } from '../ids.ts';
import { countAttempt } from '../people/throttle.ts';
import type { FoundChoice } from '../protocol/list-query.ts';
import type { SignInProblem } from '../protocol/sign-in-words.ts';
import { openCredential } from '../vault/credential-secret.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import type { PersonKeyHandle } from '../vault/person-key-handle.ts';
import { openPersonalCredential } from '../vault/personal-credential.ts';
import { forTerminal, referenceIn } from '../vault/release-credential.ts';
import { openWithUnlock } from '../vault/unlock.ts';
import { FindChoicesInputSchema } from './find-choices.ts';
import { ComputerIdSchema, idSchema } from './input-fields.ts';
import { refuseNonAdministrator } from './refuse-non-administrator.ts';

/** Signs in once and hangs up. A port: whoever composes the program knows how to dial. */
export type TrySignIn = (
  address: { server: string; port: number },
  attempt: { credential: TerminalCredential; pinned: PinnedHostKey },
) => Promise<{ ok: true } | { ok: false; problem: SignInProblem; detail: string | undefined }>;

/** `works`, or what the sign-in failed of and what was said about it. */
export type CredentialTest = { result: 'works' } | { result: SignInProblem; detail: string | undefined };

export const TestCredentialInputSchema = z.object({
  credentialId: idSchema<CredentialId>(),
  computerId: ComputerIdSchema,
});

/**
 * Tries a shared credential out at a computer that uses it: one sign-in, to the host whose key is pinned, at an address
 * where the credential may be used now. Refuses with `conflict` where it may not, and with `too_many_attempts`.
 */
export async function testCredential(
  ctx: Context,
  actor: Actor,
  { credentialId, computerId }: z.output<typeof TestCredentialInputSchema>,
  trySignIn: TrySignIn,
): Promise<Outcome<CredentialTest>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  if (refusal) return refusal;
  const { db } = ctx.connection;
  const place = await findTestPlace(db, computerId);
  if (!place) return refuse('not_found');
  const used = await findCredentialFor(db, { ...place, credentialId });
  if (!used) return notUsedThere;
  const pinned = await findHostKey(db, place.server, place.port);
  if (!pinned) return noHostKey;
  const target = { credentialId, ...place, fingerprint: pinned.fingerprint };
  if (used.suspended || !(await maySecretGoTo(db, target))) return refuse('credential_suspended');
  const open = () => openShared(ctx, used);
  return tryOut(ctx, actor, trySignIn, { credentialId, secretOf: used.secretOf, place, pinned, open });
}

async function openShared(
  ctx: Context,
  { username, secretId, secretOf }: CredentialForRelease,
): Promise<Outcome<TerminalCredential>> {
  const sealed = await findSecret(ctx.connection.db, secretId);
  const opened = sealed && openCredential(ctx.keyring, secretOf, sealed);
  if (opened?.ok) return ok(forTerminal(username, opened.secret));
  ctx.log.error('A stored credential could not be opened. Enter it again, or restore its keyring.', {
    code: `credential_${opened?.why ?? 'gone'}`,
  });
  return refuse('unavailable');
}

/** `password` may be left out where the credentials are unlocked and the policy takes that for proof. */
export const TestOwnCredentialInputSchema = TestCredentialInputSchema.extend({
  password: z.string().max(1024, 'This is not your master password.').optional(),
});
type TestOwnCredentialInput = z.output<typeof TestOwnCredentialInputSchema>;

/** Tries one of the actor's own credentials out, at a computer where they may work with it now. */
export async function testOwnCredential(
  ctx: Context,
  actor: Actor,
  { credentialId, computerId, ...proof }: TestOwnCredentialInput & { unlockCookie: string | undefined },
  trySignIn: TrySignIn,
): Promise<Outcome<CredentialTest>> {
  const { db } = ctx.connection;
  const { id: personId } = actor.person;
  const picked = await findPickedCredential(db, credentialId);
  if (picked?.ownerId !== personId) return refuse('not_found');
  const access = await loadAccessById(db, personId, computerId);
  const place = access && (await findTestPlace(db, computerId));
  if (!access || !place) return refuse('not_found');
  const credential = { kind: 'chosen', credential: picked } as const;
  const decision = decide('connect', { ...actor, access, credential }, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const pinned = await findHostKey(db, place.server, place.port);
  if (!pinned) return noHostKey;

  const unlockIsEnough = decision.grant.policy.masterPassword === 'browser_session';
  const proven = await prove(ctx, actor, { ...proof, unlockIsEnough });
  if (!proven.ok) return proven;
  using handle = proven.value;
  const secretOf = picked.reference?.id ?? credentialId;
  const open = async () => {
    const opened = await openPersonalCredential(ctx, handle, credentialId);
    return opened.ok ? ok(forTerminal(opened.value.username, opened.value.secret)) : opened;
  };
  // Awaited here: the handle is disposed of on the way out.
  return await tryOut(ctx, actor, trySignIn, { credentialId, secretOf, place, pinned, open });
}

type Proof = { password?: string | undefined; unlockCookie: string | undefined; unlockIsEnough: boolean };

async function prove(ctx: Context, actor: Actor, proof: Proof): Promise<Outcome<PersonKeyHandle>> {
  const { password, unlockCookie, unlockIsEnough } = proof;
  if (password) return openWithMasterPassword(ctx, actor.person.id, password);
  return unlockIsEnough ? openWithUnlock(ctx, actor, unlockCookie) : refuse('locked');
}

type Subject = {
  credentialId: CredentialId;
  /** The record whose secret it is. */
  secretOf: CredentialId;
  place: TestPlace;
  pinned: PinnedHostKey;
  open(): Promise<Outcome<TerminalCredential>>;
};

// Counted before anything is opened: computers lock accounts, and this must be no place to try passwords at.
async function tryOut(
  ctx: Context,
  actor: Actor,
  trySignIn: TrySignIn,
  { credentialId, secretOf, place, pinned, open }: Subject,
): Promise<Outcome<CredentialTest>> {
  const actorId = actor.person.id;
  const counted = await countAttempt(ctx, { testOf: credentialId, by: actorId });
  if (counted.blocked) return counted.blocked.refusal;
  const { computerId, server, port } = place;
  const begun = { credentialId, ...referenceIn(credentialId, secretOf), computerId, server, port };
  await ctx.audit.append({ kind: 'credential.test_begun', actorId, subject: begun });
  const opened = await open();
  const tried = opened.ok ? await trySignIn({ server, port }, { credential: opened.value, pinned }) : undefined;
  const result = tried?.ok ? 'works' : (tried?.problem ?? 'unavailable');
  await ctx.audit.append({ kind: 'credential.test_ended', actorId, subject: { credentialId, computerId, result } });
  if (!opened.ok) return opened;
  return ok(tried && !tried.ok ? { result: tried.problem, detail: tried.detail } : { result: 'works' });
}

export const FindTestPlacesInputSchema = FindChoicesInputSchema.extend({ credentialId: idSchema<CredentialId>() });

/** The computers at which a shared credential can be tried out. */
export async function findTestPlaces(
  ctx: Context,
  actor: Actor,
  { credentialId, search }: z.output<typeof FindTestPlacesInputSchema>,
): Promise<Outcome<readonly FoundChoice[]>> {
  const refusal = refuseNonAdministrator(ctx, actor);
  return refusal ?? ok(await findComputersWith(ctx.connection.db, credentialId, search));
}

/** The computers at which the actor can try their own ones out. */
export async function findOwnTestPlaces(
  ctx: Context,
  actor: Actor,
  { search }: z.output<typeof FindChoicesInputSchema>,
): Promise<Outcome<readonly FoundChoice[]>> {
  const whose = { personId: actor.person.id, now: ctx.clock.now() };
  return ok(await findComputersOf(ctx.connection.db, whose, search));
}

const notUsedThere: Refusal = refuse('conflict', {
  field: 'computerId',
  problem: 'This computer does not use the credential at its present address. Put it there first, then test it.',
});

const noHostKey: Refusal = refuse('conflict', {
  field: 'computerId',
  problem: 'No host key is pinned for this computer, so nothing is sent to it. Have its key approved first.',
});

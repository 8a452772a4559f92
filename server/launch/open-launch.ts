import type { Tx } from '../../db/connect.ts';
import { type ComputerAccess, loadAccessById } from '../../db/queries/access-facts.ts';
import { findCheckOut } from '../../db/queries/check-outs.ts';
import { findPickedCredential } from '../../db/queries/credential-facts.ts';
import { type LaunchRow, lockLaunch, markLaunchOpened, setLaunchSession } from '../../db/queries/launches.ts';
import { findEnding, insertRequested, markAsking, markGiven, markRefused } from '../../db/queries/sessions.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Actor, Context } from '../context.ts';
import { type ConnectRight, decide } from '../decide/decide.ts';
import type { CredentialChoice, RightChoice } from '../decide/facts.ts';
import { type ErrorCode, type Outcome, ok, refuse } from '../errors.ts';
import type { CredentialAnswer, GetCredentialBody, IdentityRefusal } from '../identity-api/contract.ts';
import {
  type CheckOutId,
  type ComputerId,
  type CredentialId,
  isUuid,
  type LaunchId,
  newId,
  type SessionId,
} from '../ids.ts';
import { countAttempt } from '../people/throttle.ts';
import type { CredentialKind } from '../protocol/session-words.ts';
import { openText } from '../vault/seal-text.ts';
import { type ConnectionObject, connectionFrom } from './connection-object.ts';
import { endSession, type OwedEnd, sealOwedEnd } from './end-session-job.ts';
import { hashHandle } from './handles.ts';
import { holdMs } from './held-connections.ts';
import { snapshotOf } from './policy-snapshot.ts';
import { launchKeysPurpose } from './receive-launch.ts';
import { type AcceptedTerms, acceptedTerms } from './terms.ts';

/** The question to an identity API: where, with which keys, and the body that it gets. */
export type CredentialQuestion = { apiUrl: string; apiKey: string; apiApplicationKey: string; body: GetCredentialBody };

/** `unknown`: no answer that says whether a credential was given, so that one may be checked out by now. */
export type CredentialReply =
  | { ok: true; answer: CredentialAnswer }
  | { ok: false; refusal: IdentityRefusal; isKnown: boolean };

/** What the opening of a launch needs of the gateway. */
export type OpeningPorts = {
  getCredential(question: CredentialQuestion): Promise<CredentialReply>;
  hold(id: SessionId, connection: ConnectionObject): void;
  /** The disk of the recordings takes a new one. */
  hasRoom(): Promise<boolean>;
};

/** Exactly one proof: the master password, or the key of an unlock. Neither outlives the call. */
export type OpenLaunchInput = { launchId: LaunchId; password?: string | undefined; unlock?: string | undefined };

/** How long an identity API may take, and a little more: then nobody waits for its answer any more. */
const askMs = 60_000;

/**
 * Opens a launch for the person it is bound to: decides again, makes the session, asks the identity API for its
 * credential and keeps the answer in memory until the ticket comes. A wrong master password leaves the launch as it was.
 */
export async function openLaunch(
  ctx: Context,
  actor: Actor,
  input: OpenLaunchInput,
  ports: OpeningPorts,
): Promise<Outcome<{ sessionId: SessionId }>> {
  const hasRoom = await ports.hasRoom();
  const prepared = await ctx.audit.transact(async (tx, record) => {
    const launch = await lockLaunch(tx, input.launchId);
    if (!launch) return refuse('access_expired'); // Without evidence: anybody can make up ids, as many as they like.
    const outcome = await prepare(ctx, tx, { actor, launch, input, hasRoom, record });
    if (!outcome.ok) {
      const subject = { launchId: input.launchId, code: outcome.code };
      record({ kind: 'launch.refused', actorId: actor.person.id, subject });
    }
    return outcome;
  });
  if (!prepared.ok) return prepared;
  const { launch, sessionId, question } = prepared.value;
  const reply =
    question.apiUrl === ctx.publicUrl
      ? await ports.getCredential(question)
      : await askElsewhere(ctx, actor, question, ports);
  if (!reply.ok) return refused(ctx, { launch, sessionId, reply });
  const connection = connectionFrom(reply.answer, launch.claims.mode);
  if (!connection.ok) {
    await fail(ctx, sessionId, 'The identity API named no server to connect to.');
    return connection;
  }
  const isOurs = await ctx.connection.db.transaction(async (tx) => {
    const now = ctx.clock.now();
    const isFirst = await markLaunchOpened(tx, launch.id, now);
    const allowsSnooping = connection.value.flags.allowLiveSnooping;
    const given = { givenAt: now, leaseUntil: new Date(now.getTime() + holdMs), allowsSnooping };
    return isFirst && (await markGiven(tx, sessionId, given));
  });
  if (!isOurs) return refuse('access_expired');
  ports.hold(sessionId, connection.value);
  return ok({ sessionId });
}

/** Guesses at a master password are slowed down here as well: nobody knows whether the other side does. */
async function askElsewhere(
  ctx: Context,
  { person }: Actor,
  question: CredentialQuestion,
  { getCredential }: OpeningPorts,
): Promise<CredentialReply> {
  const counted = await countAttempt(ctx, { masterPasswordOf: person.id, at: question.apiUrl });
  if (counted.blocked) {
    const { seconds } = counted.blocked.refusal.params ?? {};
    return { ok: false, isKnown: true, refusal: { error: 'limited', retryAfterSeconds: Number(seconds ?? 60) } };
  }
  const reply = await getCredential(question);
  if (reply.ok) await counted.forgive();
  return reply;
}

type Record = (event: AuditEvent) => void;
type Opening = { actor: Actor; launch: LaunchRow; input: OpenLaunchInput; hasRoom: boolean; record: Record };
type Prepared = { launch: LaunchRow; sessionId: SessionId; question: CredentialQuestion };

async function prepare(ctx: Context, tx: Tx, opening: Opening): Promise<Outcome<Prepared>> {
  const { actor, launch, input, hasRoom, record } = opening;
  const now = ctx.clock.now();
  if (!isOpenable(launch, actor, now)) return refuse('access_expired');
  const isBuiltIn = launch.claims.apiUrl === ctx.publicUrl;
  // The key of an unlock is between this browser and us.
  if (!isBuiltIn && !input.password) return refuse('invalid_master_password');
  const terms = await acceptedTerms(tx, actor.person.id);
  if (!terms.ok) return terms;
  const access = await loadAccessById(tx, actor.person.id, launch.claims.computerId as ComputerId);
  if (!access) return refuse('not_found');
  const keys = readKeys(ctx, launch);
  if (!keys) return refuse('unavailable');
  const chosen = await credentialOf(ctx, tx, { launch, actor, apiKey: keys.apiKey });
  if (!chosen.ok) return chosen;
  const { credential, under, kind, endsAt } = chosen.value;
  const decision = decide('connect', { ...actor, access, credential, under }, now);
  if (!decision.allow) return refuse(decision.reason);
  const obstacle = obstacleTo(launch, { access, decision, hasRoom });
  if (obstacle) return refuse(obstacle);

  const earlier = launch.sessionId ? await findEnding(tx, launch.sessionId) : undefined;
  // One question at a time: of two, the refusal of one must not cancel what is owed for the other.
  if (earlier?.state === 'requested' && earlier.isAsking) return refuse('conflict', { problem: isBeingOpened });
  // Made by an attempt with a wrong password; kept while what it says of its right and its terms is still what holds.
  const isSame =
    earlier?.state === 'requested' &&
    earlier.grantId === decision.grant.id &&
    earlier.termsVersion === (terms.value?.version ?? null);
  const sessionId =
    launch.sessionId && isSame
      ? launch.sessionId
      : await newSession(tx, { launch, actor, access, decision, kind, endsAt, terms: terms.value, now, record });
  const owed = owedEnd(launch, keys);
  const leaseUntil = new Date(now.getTime() + askMs);
  const endOwed = sealOwedEnd(ctx.keyring, sessionId, owed);
  const isWaiting = await markAsking(tx, sessionId, { endOwed, gatewayId: ctx.audit.writerId, leaseUntil });
  if (!isWaiting) return refuse('access_expired');
  const body = questionBody(launch, sessionId, isBuiltIn ? input : { password: input.password });
  return ok({ launch, sessionId, question: { apiUrl: owed.apiUrl, ...keys, body } });
}

type Beginning = { access: ComputerAccess; decision: ConnectRight; hasRoom: boolean };

function obstacleTo({ claims }: LaunchRow, { access, decision, hasRoom }: Beginning): ErrorCode | undefined {
  if (access.computer.mode !== claims.mode) return 'invalid_parameters';
  // Before anything is checked out: the recorder would not open.
  return hasRoom || decision.grant.policy.recording !== 'required' ? undefined : 'disk_full';
}

const isBeingOpened = 'This session is being opened already. Please wait a moment.';

function isOpenable(launch: LaunchRow, { person, login }: Actor, now: Date): boolean {
  const isTheirs = launch.personId === person.id && launch.loginSessionId === login.id;
  const mayBeAsked = launch.createdAt.getTime() + launch.claims.delaySeconds * 1000 <= now.getTime();
  return isTheirs && mayBeAsked && !launch.openedAt && launch.expiresAt > now;
}

type LaunchKeys = Pick<OwedEnd, 'apiKey' | 'apiApplicationKey'>;

function readKeys({ keyring }: Context, launch: LaunchRow): LaunchKeys | undefined {
  const text = openText(keyring, launchKeysPurpose(launch.id), launch.sealedKeys);
  return text === undefined ? undefined : (JSON.parse(text) as LaunchKeys);
}

type Chosen = { credential: CredentialChoice; under?: RightChoice; kind: CredentialKind; endsAt: Date | null };

/** Which credential the launch is about. One of our own side must be that of the check-out it names, to the letter. */
async function credentialOf(
  ctx: Context,
  tx: Tx,
  { launch, actor, apiKey }: { launch: LaunchRow; actor: Actor; apiKey: string },
): Promise<Outcome<Chosen>> {
  const { claims } = launch;
  if (claims.apiUrl !== ctx.publicUrl) return ok({ credential: { kind: 'elsewhere' }, kind: 'external', endsAt: null });
  const checkOut = isUuid(claims.checkOutId) ? await findCheckOut(tx, claims.checkOutId as CheckOutId) : undefined;
  const isThis =
    checkOut?.personId === actor.person.id &&
    checkOut.loginSessionId === actor.login.id &&
    checkOut.computerId === claims.computerId &&
    checkOut.credentialId === claims.credentialId &&
    checkOut.isPersonal === claims.isPersonalCred &&
    hashHandle(apiKey).equals(checkOut.apiKeyHash);
  if (!isThis) return refuse('access_expired');
  if (checkOut.endsAt && checkOut.endsAt <= ctx.clock.now()) return refuse('grant_ended');
  if (checkOut.startsAt && checkOut.startsAt > ctx.clock.now()) return refuse('grant_not_started');
  const picked = (await findPickedCredential(tx, claims.credentialId as CredentialId)) ?? null;
  const credential = { kind: 'chosen', credential: picked } as const;
  const kind = checkOut.isPersonal ? 'personal' : 'shared';
  return ok({ credential, under: { grantId: checkOut.grantId }, kind, endsAt: checkOut.endsAt });
}

type NewSession = {
  launch: LaunchRow;
  actor: Actor;
  access: ComputerAccess;
  decision: ConnectRight;
  kind: CredentialKind;
  endsAt: Date | null;
  terms: AcceptedTerms | null;
  now: Date;
  record: Record;
};

async function newSession(tx: Tx, parts: NewSession): Promise<SessionId> {
  const { launch, actor, access, decision, kind, endsAt, terms, now, record } = parts;
  const { grant, credentialId } = decision;
  const id = newId<SessionId>(now.getTime());
  const computerId = access.computer.id;
  const { mode } = access.computer;
  await insertRequested(tx, {
    id,
    personId: actor.person.id,
    loginSessionId: actor.login.id,
    computerId,
    credentialId,
    credentialKind: kind,
    apiUrl: launch.claims.apiUrl,
    checkOutId: launch.claims.checkOutId,
    checkOutEndsAt: endsAt,
    termsVersion: terms?.version ?? null,
    termsSha256: terms?.sha256 ?? null,
    grantId: grant.id,
    accessLevel: grant.accessLevel?.name ?? null,
    policy: snapshotOf(grant.policy),
    mode,
    requestedAt: now,
    leaseUntil: launch.expiresAt,
  });
  await setLaunchSession(tx, launch.id, id);
  const subject = { computerId, mode, grantId: grant.id };
  record({ kind: 'session.requested', actorId: actor.person.id, sessionId: id, subject });
  return id;
}

function owedEnd({ claims }: LaunchRow, keys: LaunchKeys): OwedEnd {
  return {
    ...keys,
    apiUrl: claims.apiUrl,
    computer: String(claims.computerId),
    credential: claims.credentialId,
    loginsessionid: claims.loginSessionId,
    checkout: claims.checkOutId,
    mode: claims.mode,
  };
}

function questionBody(
  { claims }: LaunchRow,
  session: SessionId,
  { password, unlock }: Omit<OpenLaunchInput, 'launchId'>,
): GetCredentialBody {
  return {
    computer: String(claims.computerId),
    credential: claims.credentialId,
    ...(unlock === undefined ? { password } : { unlock }),
    mode: claims.mode,
    session,
    loginsessionid: claims.loginSessionId,
  };
}

type Refused = { launch: LaunchRow; sessionId: SessionId; reply: Extract<CredentialReply, { ok: false }> };

async function refused(ctx: Context, { launch, sessionId, reply }: Refused): Promise<Outcome<never>> {
  const { refusal, isKnown } = reply;
  const subject = { checkOutId: launch.claims.checkOutId, code: refusal.error };
  await ctx.audit.append({ kind: 'identity.refused', actorId: launch.personId, sessionId, subject });
  if (!isKnown) await fail(ctx, sessionId, 'The identity API did not answer.');
  else await markRefused(ctx.connection.db, sessionId, launch.expiresAt);
  switch (refusal.error) {
    case 'invalid_master_password':
      return refuse('invalid_master_password');
    case 'access_token_expired':
      return refuse('access_expired');
    case 'limited':
      return refuse('too_many_attempts', { seconds: refusal.retryAfterSeconds ?? 60 });
    default:
      return refuse('identity_refused', { problem: refusal.message ?? refusalSentences[refusal.error] });
  }
}

const refusalSentences = {
  policy: 'A policy of the identity system does not allow this session.',
  checked_out: 'This credential is checked out by somebody else. Please try again later.',
  unusable: 'The identity system gave no answer that can be used. Please ask an administrator.',
} as const;

/** A credential may be checked out for this session, so its end must be told. */
async function fail(ctx: Context, sessionId: SessionId, detail: string): Promise<void> {
  await ctx.audit.transact(async (tx, record) => {
    const ending = { reason: 'failed', detail, endedAt: ctx.clock.now() } as const;
    if (!(await endSession(tx, sessionId, ending))) return;
    const subject = { reason: 'failed', bytesOut: 0, bytesIn: 0, exitStatus: null };
    record({ kind: 'session.ended', sessionId, subject });
  });
}

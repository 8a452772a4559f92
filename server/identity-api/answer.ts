import { timingSafeEqual } from 'node:crypto';
import type { Tx } from '../../db/connect.ts';
import { loadAccessById } from '../../db/queries/access-facts.ts';
import {
  type CheckOutRow,
  countAlarm,
  findCheckOut,
  findCheckOutByKey,
  markCheckOutEnded,
  takeCheckOut,
  takeNonce,
} from '../../db/queries/check-outs.ts';
import { findPickedCredential } from '../../db/queries/credential-facts.ts';
import { addressesOf, maySecretGoTo } from '../../db/queries/credential-targets.ts';
import { findLoginWithPerson } from '../../db/queries/logins.ts';
import type { TerminalCredential } from '../bridges/terminal-bridge.ts';
import type { Context } from '../context.ts';
import { decide } from '../decide/decide.ts';
import type { PolicyFacts, Who } from '../decide/facts.ts';
import { httpStatusOf, type Outcome, ok, type Refusal, refuse, sentenceOf } from '../errors.ts';
import { type CheckOutId, type CredentialId, isUuid, type SessionId } from '../ids.ts';
import { hashHandle } from '../launch/handles.ts';
import { openWithMasterPassword } from '../vault/master-password.ts';
import type { PersonKeyHandle } from '../vault/person-key-handle.ts';
import { releaseCredential } from '../vault/release-credential.ts';
import { openWithUnlock } from '../vault/unlock.ts';
import { assertionKeys, assertionLifeMs, checkAssertion } from './assertion.ts';
import {
  applicationKeyHeader,
  assertionHeader,
  type CredentialAnswer,
  EndSessionBodySchema,
  type GetCredentialBody,
  GetCredentialBodySchema,
  type IdentityCall,
  identityPaths,
} from './contract.ts';

/** A request to the built-in identity API as it came in, with its body as text: the assertion is over its bytes. */
export type IdentityRequest = {
  header(name: string): string | undefined;
  body: string;
  /** Where it came from, for the alarm. */
  address: string | null;
};
export type IdentityResponse = { status: number; headers: Record<string, string>; body: unknown };

/** `POST …/getcredential` of the built-in side: the credential of a check-out, for the gateway and nobody else. */
export async function answerGetCredential(ctx: Context, request: IdentityRequest): Promise<IdentityResponse> {
  const refusal = await refuseStranger(ctx, 'getcredential', request);
  if (refusal) return refusal;
  const body = GetCredentialBodySchema.safeParse(readJson(request.body));
  if (!body.success) return refused(400, 'invalid_request', 'The body is not that of getcredential.');
  const checkOut = await checkOutOf(ctx, request);
  if (!checkOut || !isAbout(checkOut, body.data)) return tokenExpired;
  const given = await release(ctx, checkOut, body.data);
  return given.ok ? { status: 200, headers: {}, body: given.value } : inContract(given);
}

/** `POST …/endsession` of the built-in side. Said twice, it is heard once. */
export async function answerEndSession(ctx: Context, request: IdentityRequest): Promise<IdentityResponse> {
  const refusal = await refuseStranger(ctx, 'endsession', request);
  if (refusal) return refusal;
  const body = EndSessionBodySchema.safeParse(readJson(request.body));
  if (!body.success) return refused(400, 'invalid_request', 'The body is not that of endsession.');
  const { checkout, session, reason } = body.data;
  const found = isUuid(checkout) ? await findCheckOut(ctx.connection.db, checkout as CheckOutId) : undefined;
  const isIts = found?.sessionId === null || found?.sessionId === session;
  if (found && isIts) await endCheckOut(ctx, found, { sessionId: session as SessionId, reason });
  return { status: 200, headers: {}, body: { ended: session } };
}

async function endCheckOut(
  ctx: Context,
  { id, personId }: CheckOutRow,
  { sessionId, reason }: { sessionId: SessionId; reason: string },
): Promise<void> {
  await ctx.audit.transact(async (tx, record) => {
    if (!(await markCheckOutEnded(tx, id, ctx.clock.now()))) return;
    record({ kind: 'check_out.ended', actorId: personId, sessionId, subject: { checkOutId: id, reason } });
  });
}

/** Whoever cannot prove to be the gateway gets 401; if they hold the handles of a check-out, that is an alarm. */
async function refuseStranger(
  ctx: Context,
  call: IdentityCall,
  request: IdentityRequest,
): Promise<IdentityResponse | undefined> {
  const now = ctx.clock.now();
  const asserted = { method: 'POST', path: identityPaths[call], body: request.body };
  const { publicKey } = assertionKeys(ctx.keyring.authSecret);
  const verdict = checkAssertion(publicKey, request.header(assertionHeader), asserted, now);
  const forgetBefore = new Date(now.getTime() - 2 * assertionLifeMs);
  const isNew = verdict.ok && (await takeNonce(ctx.connection.db, verdict.nonce, { now, forgetBefore }));
  if (isNew) return undefined;
  await raiseAlarm(ctx, request, verdict.ok ? 'replayed' : verdict.why);
  return refused(401, 'gateway_only', 'Only the gateway is answered here.');
}

// Somebody who repeats it must not fill the disk with evidence.
const mostAlarms = 10;

async function raiseAlarm(ctx: Context, request: IdentityRequest, why: string): Promise<void> {
  const apiKey = bearerOf(request);
  // Looked up first: strangers with made-up keys must not make the log's writer queue for them.
  const found = apiKey ? await findCheckOutByKey(ctx.connection.db, hashHandle(apiKey)) : undefined;
  if (!found || found.alarms >= mostAlarms) return;
  await ctx.audit.transact(async (tx, record) => {
    if ((await countAlarm(tx, found.id)) > mostAlarms) return;
    const subject = { checkOutId: found.id, why, address: request.address };
    record({ kind: 'identity.alarm', actorId: found.personId, subject });
    ctx.log.warn('The handles of a launch were shown by somebody else than the gateway', { code: why });
  });
}

async function checkOutOf(ctx: Context, request: IdentityRequest): Promise<CheckOutRow | undefined> {
  const apiKey = bearerOf(request);
  const found = apiKey ? await findCheckOutByKey(ctx.connection.db, hashHandle(apiKey)) : undefined;
  const applicationKey = hashHandle(request.header(applicationKeyHeader) ?? '');
  if (!found || !timingSafeEqual(applicationKey, found.applicationKeyHash)) return undefined;
  const now = ctx.clock.now();
  const isOver = found.expiresAt <= now || (found.endsAt !== null && found.endsAt <= now);
  return isOver || found.usedAt || found.endedAt ? undefined : found;
}

function bearerOf({ header }: IdentityRequest): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(header('authorization') ?? '')?.[1];
}

function isAbout(checkOut: CheckOutRow, body: GetCredentialBody): boolean {
  return (
    String(checkOut.computerId) === body.computer &&
    checkOut.credentialId === body.credential.toLowerCase() &&
    checkOut.loginSessionId === body.loginsessionid.toLowerCase()
  );
}

/** Decides again, proves the person, uses the handles up, and only then opens the secret. */
async function release(
  ctx: Context,
  checkOut: CheckOutRow,
  body: GetCredentialBody,
): Promise<Outcome<CredentialAnswer>> {
  const { db } = ctx.connection;
  const { personId, credentialId, isPersonal, grantId } = checkOut;
  const who = await findLoginWithPerson(db, checkOut.loginSessionId);
  const access = who && (await loadAccessById(db, personId, checkOut.computerId));
  if (!who || !access || !credentialId) return refuse('access_expired');
  const credential = { kind: 'chosen', credential: (await findPickedCredential(db, credentialId)) ?? null } as const;
  const decision = decide('connect', { ...who, access, credential, under: { grantId } }, ctx.clock.now());
  if (!decision.allow) return refuse(decision.reason);
  const isExclusive = !isPersonal && decision.grant.policy.exclusiveCheckOut;
  if (access.computer.mode !== body.mode || decision.isPersonal !== isPersonal) return refuse('access_expired');
  // Checked out before the policy had it so: whoever comes after this one would not be kept out.
  if (isExclusive && !checkOut.isExclusive) return refuse('access_expired');

  const proven = await prove(ctx, who, {
    body,
    unlockIsEnough: decision.grant.policy.masterPassword === 'browser_session',
  });
  if (!proven.ok) return proven;
  using handle = proven.value;
  const sessionId = body.session as SessionId;
  const taken = await db.transaction((tx) => takeCheckOut(tx, checkOut, sessionId, ctx.clock.now()));
  if (taken === 'checked_out') return refuse('checked_out');
  if (taken === 'gone') return refuse('access_expired');
  const { computer } = access;
  const opened = await releaseCredential(ctx, handle, { sessionId, computer, credentialId, isPersonal });
  if (opened.ok) {
    const others = await listOtherServers(db, computer, credentialId);
    return ok(answerOf({ ...computer, others }, opened.value, decision.grant.policy));
  }
  // Nothing was given, so that nobody will ever say that it is given back.
  await endCheckOut(ctx, checkOut, { sessionId, reason: opened.code });
  return opened;
}

async function prove(
  ctx: Context,
  who: Who,
  { body, unlockIsEnough }: { body: GetCredentialBody; unlockIsEnough: boolean },
): Promise<Outcome<PersonKeyHandle>> {
  if (body.unlock !== undefined && unlockIsEnough) return openWithUnlock(ctx, who, body.unlock);
  if (!body.password) return refuse('locked');
  return openWithMasterPassword(ctx, who.person.id, body.password);
}

/** The servers that are dialled when the first does not answer, as far as this credential may go there now. */
async function listOtherServers(
  db: Tx,
  computer: { server: string; server2: string | null; server3: string | null; port: number },
  credentialId: CredentialId,
): Promise<string[]> {
  const servers: string[] = [];
  for (const address of addressesOf(computer).slice(1)) {
    if (await maySecretGoTo(db, { credentialId, ...address })) servers.push(address.server);
  }
  return servers;
}

type AnsweredComputer = { server: string; others: readonly string[]; port: number; notes: string };

function answerOf(
  { server, others, port, notes }: AnsweredComputer,
  credential: TerminalCredential,
  policy: Pick<PolicyFacts, 'recording' | 'allowSnooping'>,
): CredentialAnswer {
  return {
    IsPasswordSSHKey: credential.type === 'ssh_key',
    UserName: credential.username,
    Password: credential.type === 'ssh_key' ? credential.privateKey : credential.password,
    Notes: notes || null,
    Server: server,
    Server2: others[0] ?? null,
    Server3: others[1] ?? null,
    GatewayServerDNSHostName: null,
    ManagementPort: port,
    AllowLiveSnooping: policy.allowSnooping,
    AllowJoinRequests: false,
    AllowJoinInvites: false,
    RecordPSMSession: policy.recording === 'required',
  };
}

const tokenExpired: IdentityResponse = {
  ...refused(401, 'access_token_expired', 'Access expired, start again from the shop.'),
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};

/** A refusal of ours in the few words that the contract has. */
function inContract(refusal: Refusal): IdentityResponse {
  const sentence = sentenceOf(refusal);
  switch (refusal.code) {
    case 'invalid_master_password':
    case 'locked':
      return refused(401, 'invalid_master_password', sentence);
    case 'access_expired':
    case 'signed_out':
    case 'not_signed_in':
      return tokenExpired;
    case 'too_many_attempts':
      return {
        ...refused(429, 'limited', sentence),
        headers: { 'retry-after': String(refusal.params?.seconds ?? 60) },
      };
    case 'checked_out':
      return refused(409, 'checked_out', sentence);
    case 'unavailable':
      return refused(503, 'unavailable', sentence);
    default:
      return refused(httpStatusOf(refusal.code) >= 500 ? 503 : 403, refusal.code, sentence);
  }
}

function refused(status: number, code: string, message: string): IdentityResponse {
  return { status, headers: {}, body: { error: code, message } };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

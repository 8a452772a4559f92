import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { type ComputerAccess, loadAccess } from '../../db/queries/access-facts.ts';
import { insertCheckOut } from '../../db/queries/check-outs.ts';
import { findPickedCredential } from '../../db/queries/credential-facts.ts';
import type { Actor, Context } from '../context.ts';
import { type ConnectRight, decide } from '../decide/decide.ts';
import type { CredentialChoice, RightChoice } from '../decide/facts.ts';
import { type ErrorCode, type Outcome, ok, refuse } from '../errors.ts';
import {
  type AccessLevelId,
  type CheckOutId,
  type ComputerGuid,
  type CredentialId,
  newId,
  type PersonId,
  type PolicyId,
} from '../ids.ts';
import { idSchema, OptionalMomentSchema, optionalIdSchema } from '../inventory/input-fields.ts';
import { type CheckOutTime, checkOutTime } from './check-out-time.ts';
import { type Handles, hashHandle, newHandles } from './handles.ts';
import { type LaunchForm, maxDelaySeconds } from './launch-parameters.ts';
import { snapshotOf } from './policy-snapshot.ts';
import { type AcceptedTerms, acceptedTerms } from './terms.ts';
import { refuseTooManyWaiting } from './waiting-check-outs.ts';

/** How long the handles of a check-out work, besides the delay that was asked for. */
const handleLifeMs = 10 * 60_000;

const inShop = 'Choose a computer in the shop.';
const delayProblem = `Enter whole seconds from 0 to ${maxDelaySeconds}.`;
const guid = <Id extends string>() => z.uuid(inShop).transform((id) => id.toLowerCase() as Id);

export const ConnectComputerInputSchema = z.object({
  targetPersonGuid: guid<PersonId>(),
  accessRequestPolicyId: guid<PolicyId>(),
  targetComputerGuid: guid<ComputerGuid>(),
  /** Of several rights under one policy; `null` is the standard level, and not said is any. */
  accessLevelId: z.union([z.null(), idSchema<AccessLevelId>()]).optional(),
  isAdvanceMode: z.boolean(),
  checkOutStartDate: OptionalMomentSchema,
  checkOutEndDate: OptionalMomentSchema,
  externalCredentialGuid: optionalIdSchema<CredentialId>(),
  connectionDelaySeconds: z.coerce
    .number(delayProblem)
    .int(delayProblem)
    .min(0, delayProblem)
    .max(maxDelaySeconds, delayProblem)
    .default(0),
});
export type ConnectComputerInput = z.output<typeof ConnectComputerInputSchema>;

/** `isDraining`: the gateway opens no new sessions. */
export type ConnectPorts = { isDraining(): Promise<boolean> };

/** What the browser sends to `/start`, to which it adds the size of its screen. */
export type StartForm = Omit<LaunchForm, 'GUAC_WIDTH' | 'GUAC_HEIGHT' | 'GUAC_DPI'>;

/**
 * Connect: checks a credential out for a person, computer and policy, and answers the launch that leads to it. Whatever
 * the caller claims is computed again. Refuses with `terms_not_accepted` until the person agreed to the terms in force.
 */
export async function connectComputer(
  ctx: Context,
  actor: Actor,
  input: ConnectComputerInput,
  { isDraining }: ConnectPorts,
): Promise<Outcome<StartForm>> {
  const now = ctx.clock.now();
  const { person, login } = actor;
  if (input.targetPersonGuid !== person.id) return refuse('forbidden');
  // Before a credential is checked out for nothing, and a tab opened.
  if (await isDraining()) return refuse('draining');
  return ctx.audit.transact(async (tx, record) => {
    const access = await loadAccess(tx, person.id, input.targetComputerGuid);
    if (!access) return refuse('not_found');
    const computerId = access.computer.id;
    const refused = (code: ErrorCode) => {
      record({ kind: 'check_out.refused', actorId: person.id, subject: { computerId, code } });
      return refuse(code);
    };
    const credential = await choiceOf(tx, input);
    const question = { person, login, access, credential, under: rightOf(input) };
    const decision = decide('connect', question, now);
    if (!decision.allow) return refused(inShopWords(decision.reason, input));
    const time = checkOutTime(input, decision.grant.endsAt, now);
    if (!time.ok) return time;
    const terms = await acceptedTerms(tx, person.id);
    if (!terms.ok) return terms;
    const tooMany = await refuseTooManyWaiting(tx, person.id, now);
    if (tooMany) return tooMany;
    const made = await checkOut(tx, { actor, access, decision, now, terms: terms.value, time: time.value });
    record({ kind: 'check_out.created', actorId: person.id, subject: made.evidence });
    return ok(startForm(ctx, { actor, access, time: time.value, ...made }));
  });
}

/** The claims only choose among the rights that the person has; a right that was changed since is none of them. */
function rightOf({ accessRequestPolicyId: policyId, accessLevelId }: ConnectComputerInput): RightChoice {
  return accessLevelId === undefined ? { policyId } : { policyId, accessLevelId };
}

/** Connect takes the credential of the computer; Advanced Mode one that was chosen, or that of the computer. */
async function choiceOf(
  tx: Tx,
  { isAdvanceMode, externalCredentialGuid }: ConnectComputerInput,
): Promise<CredentialChoice> {
  if (!isAdvanceMode || !externalCredentialGuid) return { kind: 'of-computer' };
  return { kind: 'chosen', credential: (await findPickedCredential(tx, externalCredentialGuid)) ?? null };
}

function inShopWords(code: ErrorCode, { isAdvanceMode }: ConnectComputerInput): ErrorCode {
  if (code !== 'no_credential') return code;
  return isAdvanceMode ? 'no_shared_credentials' : 'no_credentials';
}

type CheckOutParts = {
  actor: Actor;
  access: ComputerAccess;
  decision: ConnectRight;
  now: Date;
  terms: AcceptedTerms | null;
  time: CheckOutTime;
};

async function checkOut(tx: Tx, { actor, access, decision, now, terms, time }: CheckOutParts) {
  const { grant, credentialId, isPersonal } = decision;
  if (!credentialId) throw new TypeError('A check-out of our own is always of a credential of our own.');
  const id = newId<CheckOutId>(now.getTime());
  const computerId = access.computer.id;
  const accessLevel = grant.accessLevel?.name ?? null;
  const handles = newHandles();
  await insertCheckOut(tx, {
    id,
    personId: actor.person.id,
    loginSessionId: actor.login.id,
    computerId,
    credentialId,
    isPersonal,
    grantId: grant.id,
    policy: snapshotOf(grant.policy),
    accessLevel,
    isExclusive: !isPersonal && grant.policy.exclusiveCheckOut,
    termsVersion: terms?.version ?? null,
    termsSha256: terms?.sha256 ?? null,
    apiKeyHash: hashHandle(handles.apiKey),
    applicationKeyHash: hashHandle(handles.apiApplicationKey),
    startsAt: time.startsAt,
    endsAt: time.endsAt,
    createdAt: now,
    expiresAt: new Date(now.getTime() + handleLifeMs + time.delaySeconds * 1000),
  });
  return { handles, evidence: { checkOutId: id, computerId, credentialId, isPersonal, accessLevel } };
}

type FormParts = Pick<CheckOutParts, 'actor' | 'access' | 'time'> & {
  handles: Handles;
  evidence: { checkOutId: string; credentialId: string; isPersonal: boolean };
};

function startForm(ctx: Context, { actor, access, time, handles, evidence }: FormParts): StartForm {
  const delay = time.delaySeconds;
  return {
    ComputerID: String(access.computer.id),
    IsPersonalCred: String(evidence.isPersonal),
    ExternalCredentialCheckOutID: evidence.checkOutId,
    LoginSessionID: actor.login.id,
    ApiUrl: ctx.publicUrl,
    Mode: access.computer.mode,
    ApiKey: handles.apiKey,
    CredentialID: evidence.credentialId,
    ApiApplicationKey: handles.apiApplicationKey,
    ...(delay > 0 ? { PSM_Connection_Delay: String(delay) } : {}),
  };
}

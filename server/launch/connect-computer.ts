import { z } from 'zod';
import type { Tx } from '../../db/connect.ts';
import { type ComputerAccess, loadAccess } from '../../db/queries/access-facts.ts';
import { findCredentialOwner, insertCheckOut } from '../../db/queries/check-outs.ts';
import type { Actor, Context } from '../context.ts';
import { type ConnectRight, decide } from '../decide/decide.ts';
import type { CredentialChoice } from '../decide/facts.ts';
import { type ErrorCode, type Outcome, ok, refuse } from '../errors.ts';
import { type CheckOutId, type ComputerGuid, type CredentialId, newId, type PersonId, type PolicyId } from '../ids.ts';
import { OptionalMomentSchema, optionalIdSchema } from '../inventory/input-fields.ts';
import { type Handles, hashHandle, newHandles } from './handles.ts';
import { type LaunchForm, maxDelaySeconds } from './launch-parameters.ts';
import { snapshotOf } from './policy-snapshot.ts';
import { type AcceptedTerms, acceptedTerms } from './terms.ts';

/** How long the handles of a check-out work, besides the delay that was asked for. */
export const handleLifeMs = 10 * 60_000;

const inShop = 'Choose a computer in the shop.';
const guid = <Id extends string>() => z.uuid(inShop).transform((id) => id.toLowerCase() as Id);

export const ConnectComputerInputSchema = z.object({
  targetPersonGuid: guid<PersonId>(),
  accessRequestPolicyId: guid<PolicyId>(),
  targetComputerGuid: guid<ComputerGuid>(),
  isAdvanceMode: z.boolean(),
  checkOutStartDate: OptionalMomentSchema,
  checkOutEndDate: OptionalMomentSchema,
  externalCredentialGuid: optionalIdSchema<CredentialId>(),
  connectionDelaySeconds: z.number().int().min(0).max(maxDelaySeconds).default(0),
});
export type ConnectComputerInput = z.output<typeof ConnectComputerInputSchema>;

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
): Promise<Outcome<StartForm>> {
  const now = ctx.clock.now();
  const { person, login } = actor;
  if (input.targetPersonGuid !== person.id) return refuse('forbidden');
  return ctx.audit.transact(async (tx, record) => {
    const access = await loadAccess(tx, person.id, input.targetComputerGuid);
    if (!access) return refuse('not_found');
    const computerId = access.computer.id;
    const refused = (code: ErrorCode, params?: Record<string, string>) => {
      record({ kind: 'check_out.refused', actorId: person.id, subject: { computerId, code } });
      return refuse(code, params);
    };
    const credential = await choiceOf(tx, input);
    const decision = decide('connect', { person, login, access, credential }, now);
    if (!decision.allow) return refused(inShopWords(decision.reason, input));
    if (decision.grant.policy.id !== input.accessRequestPolicyId) return refused('conflict', { problem: otherPolicy });
    const time = checkOutTime(input, decision, now);
    if (!time.ok) return refused(time.code);
    const terms = await acceptedTerms(tx, person.id);
    if (!terms.ok) return terms;
    const made = await checkOut(tx, { actor, access, decision, now, input, terms: terms.value, endsAt: time.value });
    record({ kind: 'check_out.created', actorId: person.id, subject: made.evidence });
    return ok(startForm(ctx, { actor, access, input, ...made }));
  });
}

const otherPolicy = 'The rules for this computer were changed in the meantime. Load the shop again and look at them.';

/** Connect takes the credential of the computer; Advanced Mode one that was chosen, or that of the computer. */
async function choiceOf(
  tx: Tx,
  { isAdvanceMode, externalCredentialGuid }: ConnectComputerInput,
): Promise<CredentialChoice> {
  if (!isAdvanceMode || !externalCredentialGuid) return { kind: 'of-computer' };
  return { kind: 'chosen', credential: (await findCredentialOwner(tx, externalCredentialGuid)) ?? null };
}

function inShopWords(code: ErrorCode, { isAdvanceMode }: ConnectComputerInput): ErrorCode {
  if (code !== 'no_credential') return code;
  return isAdvanceMode ? 'no_shared_credentials' : 'no_credentials';
}

/** The end of the check-out: never after that of the right. */
function checkOutTime(
  { checkOutStartDate, checkOutEndDate }: ConnectComputerInput,
  { grant }: ConnectRight,
  now: Date,
): Outcome<Date | null> {
  if (checkOutStartDate && checkOutStartDate > now) return refuse('grant_not_started');
  if (checkOutEndDate && checkOutEndDate <= now) return refuse('grant_ended');
  const ends = [checkOutEndDate, grant.endsAt].filter((end) => end !== null);
  return ok(ends.length > 0 ? new Date(Math.min(...ends.map((end) => end.getTime()))) : null);
}

type CheckOutParts = {
  actor: Actor;
  access: ComputerAccess;
  decision: ConnectRight;
  now: Date;
  input: ConnectComputerInput;
  terms: AcceptedTerms | null;
  endsAt: Date | null;
};

async function checkOut(tx: Tx, { actor, access, decision, now, input, terms, endsAt }: CheckOutParts) {
  const { grant, credentialId } = decision;
  if (!credentialId) throw new TypeError('A check-out of our own is always of a credential of our own.');
  const id = newId<CheckOutId>(now.getTime());
  const owner = await findCredentialOwner(tx, credentialId);
  const isPersonal = Boolean(owner?.ownerId);
  const handles = newHandles();
  await insertCheckOut(tx, {
    id,
    personId: actor.person.id,
    loginSessionId: actor.login.id,
    computerId: access.computer.id,
    credentialId,
    isPersonal,
    grantId: grant.id,
    policy: snapshotOf(grant.policy),
    termsVersion: terms?.version ?? null,
    termsSha256: terms?.sha256 ?? null,
    apiKeyHash: hashHandle(handles.apiKey),
    applicationKeyHash: hashHandle(handles.apiApplicationKey),
    startsAt: input.checkOutStartDate,
    endsAt,
    createdAt: now,
    expiresAt: new Date(now.getTime() + handleLifeMs + input.connectionDelaySeconds * 1000),
  });
  return { handles, evidence: { checkOutId: id, computerId: access.computer.id, credentialId, isPersonal } };
}

type FormParts = Pick<CheckOutParts, 'actor' | 'access' | 'input'> & {
  handles: Handles;
  evidence: { checkOutId: string; credentialId: string; isPersonal: boolean };
};

function startForm(ctx: Context, { actor, access, input, handles, evidence }: FormParts): StartForm {
  const delay = input.connectionDelaySeconds;
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

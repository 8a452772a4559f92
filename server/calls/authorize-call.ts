import type { GrantedRecord, TokenAccess } from '../../db/queries/aws-access.ts';
import type { CallRefusal } from '../aws/errors/call-refusals.ts';
import type { CallDecision, CallDenied, CallQuestion } from '../aws/ports.ts';
import type { Context } from '../context.ts';
import { type CallFacts, type CallGrantFacts, outsideOf } from '../decide/call-aws.ts';
import { decide } from '../decide/decide.ts';
import { searchRecords } from '../decide/record-search.ts';
import type { ErrorCode } from '../errors.ts';
import type { CallSession, CallSessions } from './call-sessions.ts';
import type { TokenCache } from './token-cache.ts';

/** What `authorize` works with; all of it belongs to this process. */
export type CallDesk = {
  ctx: Context;
  tokens: TokenCache;
  sessions: CallSessions;
  isOn(): boolean;
  /** An administrator ended the session of this token and record just now. */
  isPaused(access: TokenAccess, record: GrantedRecord): boolean;
};

/** Resolves the record, decides, and opens or finds the session. Never throws: what cannot be read is not allowed. */
export async function authorizeCall(desk: CallDesk, question: CallQuestion): Promise<CallDecision> {
  try {
    return await authorize(desk, question);
  } catch (err) {
    desk.ctx.log.error('It could not be found out whether a call to AWS is allowed', { err });
    return { ok: false, refusal: { reason: 'not_recorded' } };
  }
}

async function authorize(desk: CallDesk, question: CallQuestion): Promise<CallDecision> {
  if (!desk.isOn()) return { ok: false, refusal: { reason: 'proxy_off' } };
  const token = await desk.tokens.byId(question.token.id);
  if (!token) return { ok: false, refusal: { reason: 'no_access' } };
  const { access } = token;
  const found = findRecord(desk, access, question);
  if ('reason' in found) return { ok: false, refusal: found };

  const running = desk.sessions.of(access.token.id, found.record.id);
  const decided = mayCall(desk, { access, record: found, question, running });
  if ('reason' in decided) return denied(decided, running);
  if (desk.isPaused(access, found)) return denied({ reason: 'access_ended' }, running);
  const key = await token.keysOf(found);
  if (!key) return denied({ reason: 'no_access' }, running);
  const session = await desk.sessions.take({ access, record: found, grant: decided.grant });
  const { endpoint } = found;
  return { ok: true, sessionId: session.id, key, ended: session.ended, ...(endpoint && { endpoint }) };
}

function denied(refusal: CallRefusal, [running]: readonly CallSession[]): CallDenied {
  return { ok: false, refusal, ...(running && { sessionId: running.id }) };
}

/** The one record that RECORD means, of those that may be used now. */
function findRecord(desk: CallDesk, access: TokenAccess, { record, shown }: CallQuestion): GrantedRecord | CallRefusal {
  const now = desk.ctx.clock.now();
  const judged = access.records.map((granted) => {
    const { person, token } = access;
    const asked = { person, token, isOn: desk.isOn(), access: granted, address: shown.address };
    return { ...granted.search, granted, decision: decide('call-aws', asked, now) };
  });
  const usable = searchRecords(
    record,
    judged.filter(({ decision }) => decision.allow),
  );
  const [only] = usable;
  if (only && usable.length === 1) return only.granted;
  if (usable.length > 1) return { reason: 'record_many', record, count: usable.length };
  // What was granted once may be told about: it is no secret from this person.
  const [once, ...others] = searchRecords(record, judged);
  if (!once || once.decision.allow || others.length > 0) return { reason: 'record_none', record };
  return toldAs(once.decision.reason, { operation: '', service: '' });
}

type Asked = { access: TokenAccess; record: GrantedRecord; question: CallQuestion; running: readonly CallSession[] };

function mayCall(
  desk: CallDesk,
  { access, record, question, running }: Asked,
): { grant: CallGrantFacts } | CallRefusal {
  const { shown, signedService, partition, isCustomerHost, operation } = question;
  const { region } = shown;
  const outside = outsideOf(record.record, { partition, region, signedService, isCustomerHost });
  if (outside === 'customer_host') return { reason: 'customer_host' };
  if (outside) {
    const value = { partition, region, service: signedService }[outside];
    return { reason: 'outside_record', what: outside, value };
  }
  const now = desk.ctx.clock.now();
  const { person, token } = access;
  const asked = { person, token, isOn: desk.isOn(), access: record, address: shown.address, call: factsOf(question) };
  // A session that runs goes on under its own right as long as that allows the call.
  for (const { grantId } of running) {
    const again = decide('call-aws', { ...asked, under: grantId }, now);
    if (again.allow) return again;
  }
  const decision = decide('call-aws', asked, now);
  return decision.allow ? decision : toldAs(decision.reason, { operation: operation.name, service: shown.service });
}

function factsOf({ operation, shown }: CallQuestion): CallFacts {
  const { name, isKnown, possible, gift, resources, changes } = operation;
  const { service, region, isRepeat } = shown;
  return {
    name,
    isKnown,
    possible,
    givesCredentials: gift !== undefined,
    resources: { service, region, ...resources },
    changes,
    isRepeat,
  };
}

function toldAs(code: ErrorCode, { operation, service }: { operation: string; service: string }): CallRefusal {
  switch (code) {
    case 'aws_off':
      return { reason: 'proxy_off' };
    case 'operation_denied':
    case 'resource_denied':
    case 'gives_credentials':
      return { reason: code, operation };
    case 'operation_unnamed':
      return { reason: 'unnamed_operation', service };
    case 'repeated_call':
      return { reason: 'replayed' };
    case 'grant_ended':
    case 'grant_revoked':
    case 'token_ended':
      return { reason: 'access_ended' };
    default:
      return { reason: 'no_access' };
  }
}

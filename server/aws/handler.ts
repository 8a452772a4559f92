import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { AwsRoute } from '../protocol/aws-words.ts';
import type { Room } from './bodies/room.ts';
import { type ReadBody, readBodyFor } from './call-body.ts';
import { agreed, type HostFound, hostOfCall, isForHost } from './call-host.ts';
import { operationOf, shownOf } from './call-shown.ts';
import type { Dialer } from './dial.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import type { HostMeaning } from './endpoints/host-meaning.ts';
import { type Asked, errorAnswer, type Told } from './errors/answer.ts';
import { type CallRefusal, callRefusal } from './errors/call-refusals.ts';
import { hostRefusal } from './errors/host-refusals.ts';
import { signatureRefusal } from './errors/signature-refusals.ts';
import { forward, type Transferred } from './forward.ts';
import type { Limiter } from './limits.ts';
import { shownPath, valuesOf } from './operations/heads.ts';
import { type NamedCall, nameOperation } from './operations/name-operation.ts';
import { readCall } from './operations/parameters.ts';
import type { Place } from './operations/paths.ts';
import { unpacked } from './operations/read-body.ts';
import type { Operations } from './operations/table.ts';
import type { AwsPorts, CallAllowed, CallRefused, CallShown, LivingToken } from './ports.ts';
import { answerWith, plainAnswer, type Waiting } from './refuse.ts';
import type { Replays } from './replays.ts';
import { namedKey } from './sigv4/access-key-id.ts';
import type { Claim, RawRequest, Scope, SigV4Refusal, Verified } from './sigv4/request.ts';
import { verify } from './sigv4/verify.ts';
import { wayTo } from './way.ts';

/** A request, and how it came here. */
export type Arrival = {
  request: IncomingMessage;
  response: ServerResponse;
  route: AwsRoute;
  /** The client's. */
  address: string;
  /** What the host of its connection means; missing for what came to the server's own address. */
  meaning?: HostMeaning;
  /** It waits to be told before it sends its body. */
  awaitsContinue: boolean;
};

export type HandlerParts = {
  ports: AwsPorts;
  operations(): Promise<Operations>;
  endpoints: Endpoints;
  dialer: Dialer;
  room: Room;
  limiter: Limiter;
  replays: Replays;
  now(): Date;
  log: Log;
};

type Visit = HandlerParts & {
  arrival: Arrival;
  /** As it was signed. */
  signed: RawRequest;
  /** As AWS would see it: without the path of the server's own address. */
  raw: RawRequest;
  callId: CallShown['callId'];
  at: Date;
  waiting: Waiting;
  /** Lets the client send its body. */
  goOn(): void;
};

/** Who made a call whose signature is right, and the call as far as it was read. */
type Caller = { verified: Verified<LivingToken>; body?: ReadBody; scope: Scope; record: string };

/** The work of the proxy: verify, name, authorise, note, sign, forward, note. The answer is the client's in every case. */
export function createHandler(parts: HandlerParts): (arrival: Arrival) => Promise<void> {
  return async (arrival) => {
    const visit = visitOf(parts, arrival);
    try {
      await serve(visit);
    } catch (err) {
      if (arrival.request.destroyed || arrival.response.destroyed) return;
      parts.log.error('A call could not be handled', { err, requestId: visit.callId });
      answerWith(visit.waiting, errorAnswer(guess(visit), callRefusal({ reason: 'not_recorded' }), visit.callId));
    }
  };
}

function visitOf(parts: HandlerParts, arrival: Arrival): Visit {
  const { request, response, route } = arrival;
  let holds = arrival.awaitsContinue;
  const signed = rawRequestOf(request);
  return {
    ...parts,
    arrival,
    signed,
    raw: route === 'endpoint' ? { ...signed, target: signed.target.replace(/^\/aws\/?/, '/') } : signed,
    callId: newId(parts.now().getTime()),
    at: parts.now(),
    waiting: { request, response, holdsBody: () => holds },
    goOn: () => {
      if (holds) response.writeContinue();
      holds = false;
    },
  };
}

function rawRequestOf({ method = '', url = '', rawHeaders }: IncomingMessage): RawRequest {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return { method, target: url, headers };
}

async function serve(visit: Visit): Promise<void> {
  const { ports, signed, raw, arrival, room } = visit;
  if (!ports.isOn()) return refuseCall(visit, guess(visit), { reason: 'proxy_off' });
  if (arrival.meaning && !isForHost(signed, arrival.meaning.host)) return refuseHost(visit);
  const operations = await visit.operations();
  const lookUp = async (accessKeyId: string) => {
    const token = await ports.findToken(namedKey(accessKeyId).tokenId);
    return token && { secret: token.secret, token: { id: token.id, personId: token.personId } };
  };
  const verification = await verify(signed, lookUp, visit.now(), { skewMs: ports.skewMs() });
  if (!verification.ok) return refuseSignature(visit, operations, verification);
  const claim = verification.verified ? verification.verified.claim : verification.claim;
  const question = { request: raw, scope: claim.scope, ...placeOf(arrival) };
  const reading = { request: arrival.request, room, goOn: visit.goOn };
  const read = await readBodyFor(verification, operations, question, reading);
  if (!read.ok) return refuseSignature(visit, operations, { ...read, claim });
  const { verified, body } = read;
  const caller = { verified, ...(body && { body }), scope: claim.scope, record: namedKey(claim.accessKeyId).record };
  const leave = visit.limiter.enter(verified.token.id, visit.now().getTime());
  try {
    if (leave) await decide(visit, operations, caller);
    else refuseCall(visit, askedOf(visit, operations, claim.scope), { reason: 'too_many_calls' }, { caller });
  } finally {
    leave?.();
    body?.release();
  }
}

async function decide(visit: Visit, operations: Operations, caller: Caller): Promise<void> {
  const { ports, raw, arrival, endpoints, at } = visit;
  const { verified, scope, record } = caller;
  const { call, said } = named(visit, operations, caller);
  const asked = { ...askedOf(visit, operations, scope), protocol: call.protocol };
  const found: HostFound = arrival.meaning ? agreed(arrival.meaning, scope) : hostOfCall(endpoints, call, scope);
  const host = found.ok ? found.meaning.host : (arrival.meaning?.host ?? '');
  const shown = shownOf(call, said, raw, {
    callId: visit.callId,
    at,
    route: arrival.route,
    address: arrival.address,
    region: scope.region,
    host,
    isRepeat: visit.replays.seen(verified.claim.signature, at.getTime()),
  });
  const about = { caller, shown };
  if (!found.ok) return refuseCall(visit, asked, found.refusal, about);

  const decision = await ports.authorize({
    token: verified.token,
    record,
    shown,
    operation: operationOf(call, said, raw),
    signedService: scope.service,
    partition: found.meaning.partition.id,
    isCustomerHost: found.meaning.customer !== undefined,
  });
  if (!decision.ok) {
    const { sessionId } = decision;
    return refuseCall(visit, asked, decision.refusal, { ...about, ...(sessionId && { sessionId }) });
  }
  const { sessionId } = decision;
  try {
    await ports.opened({ shown, token: verified.token, sessionId });
  } catch (err) {
    visit.log.error('A call could not be noted, so it was not made', { err, requestId: visit.callId });
    return refuseCall(visit, asked, { reason: 'not_recorded' }, { ...about, sessionId });
  }
  const transferred = await make(visit, { caller, decision, meaning: found.meaning, shown, call });
  finish(visit, asked, decision, transferred);
}

/** Names larger than this are not looked for in a body. In bytes. */
const maxNamedBytes = 8 * 1024 * 1024;

function named({ raw, arrival }: Visit, operations: Operations, { body, scope }: Caller) {
  const question = { request: raw, scope, ...placeOf(arrival) };
  const content = body && body.bytes <= maxNamedBytes ? unpacked(raw, Buffer.concat(body.blocks)) : undefined;
  const call = nameOperation(operations, { ...question, ...(content && { body: content }) });
  const announces = raw.headers.some(
    ([name, value]) => /^(content-length|transfer-encoding)$/i.test(name) && value.trim() !== '0',
  );
  return { call, said: readCall(call, raw, content, announces) };
}

type Making = { caller: Caller; decision: CallAllowed; meaning: HostMeaning; shown: CallShown; call: NamedCall };

function make(visit: Visit, { caller, decision, meaning, call }: Making): Promise<Transferred> {
  const { arrival, raw, dialer, room, now } = visit;
  const { verified, body, scope } = caller;
  const { route, host, target } = wayTo(meaning, raw.target, decision.endpoint);
  if (!body) visit.goOn();
  return forward(
    {
      request: arrival.request,
      response: arrival.response,
      raw,
      verified,
      ...(body && { body }),
      destination: { host, target, region: scope.region, service: scope.service, key: decision.key },
      route,
      ended: decision.ended,
      mayRepeat:
        !operationOf(call, { values: {}, incomplete: false, repeated: false }, raw).changes && isAtHand(visit, body),
    },
    { dialer, room, now },
  );
}

function isAtHand({ arrival }: Visit, body: ReadBody | undefined): boolean {
  return body !== undefined || arrival.request.complete;
}

function finish(visit: Visit, asked: Asked, { sessionId }: CallAllowed, transferred: Transferred): void {
  const { ports, callId, waiting } = visit;
  const { problem } = transferred;
  const told = problem && toldOf(problem);
  if (told) answerWith(waiting, errorAnswer(asked, told, callId));
  const status = transferred.status ?? told?.status;
  ports.finished({ ...transferred, ...(status !== undefined && { status }), callId, sessionId, at: visit.now() });
}

function toldOf(problem: NonNullable<Transferred['problem']>): Told | undefined {
  if (problem === 'client_gone' || problem === 'access_ended') return undefined;
  if (problem === 'upstream' || problem === 'upstream_unreachable')
    return callRefusal({ reason: 'upstream_unreachable' });
  if (problem === 'private_address') return callRefusal({ reason: problem });
  return signatureRefusal(problem);
}

function placeOf({ meaning }: Arrival): { place?: Place } {
  if (!meaning) return {};
  const { endpoint, bucket } = meaning;
  return { place: { endpoint, ...(bucket !== undefined && { bucket }) } };
}

/** How an error is to be written for a request that nobody named. */
function askedOf({ raw, arrival }: Visit, operations: Operations, scope: Scope): Asked {
  const { protocol } = nameOperation(operations, { request: raw, scope, ...placeOf(arrival) });
  return { protocol, method: raw.method, ...contentTypeOf(raw) };
}

function guess({ raw }: Visit): Asked {
  return { protocol: 'rest-json', method: raw.method, ...contentTypeOf(raw) };
}

function contentTypeOf({ headers }: RawRequest): { contentType?: string } {
  const [contentType] = valuesOf(headers, 'content-type');
  return contentType === undefined ? {} : { contentType };
}

function refuseHost(visit: Visit): void {
  answerWith(visit.waiting, plainAnswer(hostRefusal('names_disagree')));
  visit.ports.refused(refusedOf(visit, 'names_disagree'));
}

type Unsigned = { refusal: SigV4Refusal; claim?: Claim };

function refuseSignature(visit: Visit, operations: Operations, { refusal, claim }: Unsigned): void {
  const { meaning } = visit.arrival;
  const scope = claim?.scope ?? { date: '', region: meaning?.region ?? '', service: meaning?.signing[0] ?? 'unknown' };
  answerWith(visit.waiting, errorAnswer(askedOf(visit, operations, scope), signatureRefusal(refusal), visit.callId));
  const claimed = claim && namedKey(claim.accessKeyId).tokenId.slice(0, 128);
  visit.ports.refused({ ...refusedOf(visit, refusal), ...(claimed !== undefined && { claimed }) });
}

type About = { caller: Caller; shown?: CallShown; sessionId?: NonNullable<CallRefused['call']>['sessionId'] };

function refuseCall(visit: Visit, asked: Asked, refusal: CallRefusal, about?: About): void {
  answerWith(visit.waiting, errorAnswer(asked, callRefusal(refusal), visit.callId));
  const { shown, sessionId } = about ?? {};
  visit.ports.refused({
    ...refusedOf(visit, refusal.reason),
    ...(about && { token: about.caller.verified.token }),
    ...(about && shown && { call: { shown, record: about.caller.record, ...(sessionId && { sessionId }) } }),
  });
}

function refusedOf({ callId, at, arrival, raw }: Visit, reason: string): CallRefused {
  const { route, address, meaning } = arrival;
  const host = meaning?.host ?? '';
  return { callId, at, route, address, host, method: raw.method.slice(0, 16), path: shownPath(raw.target), reason };
}

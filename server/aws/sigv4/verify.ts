import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readAuthorization } from './authorization.ts';
import { canonicalRequestHash, type Signable } from './canonical-request.ts';
import { ambiguity, coverage } from './head-rules.ts';
import { type Headers, headersOf } from './headers.ts';
import { bodyRefusal, hasBody, payloadLine, readPayload } from './payload.ts';
import {
  type Claim,
  emptyHash,
  type HeadRefusal,
  type Payload,
  type RawRequest,
  type Refused,
  type Verified,
} from './request.ts';
import { signatureOf, signingKeyOf } from './signing-key.ts';
import { parseTarget } from './target.ts';
import { basicTime, signedAt } from './time.ts';

/** Finds the secret of a living token; `undefined` for unknown, expired and revoked ones alike. */
export type LookUpSecret<T> = (accessKeyId: string) => Promise<{ secret: string; token: T } | undefined>;

/** A token's signature, or the reason why there is none. */
export type Finished<T> = { ok: true; verified: Verified<T> } | Refused;

/**
 * Where the client sent no hash, the signature covers a body that nobody has read yet: `finish` completes the
 * verification with the SHA-256 of it. Date, scope and token were looked at before.
 */
export type Verification<T> = Finished<T> | { ok: true; verified?: undefined; claim: Claim; finish: Finish<T> };
export type Finish<T> = (bodyHash: string) => Finished<T>;

export type Tolerance = { skewMs: number };

const minuteMs = 60_000;
const largestSkewMs = 15 * minuteMs;

/**
 * Verifies that a living token signed a request, over its raw bytes. Nothing in the request is to be believed before.
 * An unknown token, an expired one and a bad signature take the same work and get the same answer.
 */
export async function verify<T>(
  request: RawRequest,
  lookUpSecret: LookUpSecret<T>,
  now: Date,
  { skewMs }: Tolerance = { skewMs: 5 * minuteMs },
): Promise<Verification<T>> {
  const head = readHead(request);
  if (!head.ok) return head;
  const { claim, payload, headers, signable } = head;
  const refuse = (refusal: Refused['refusal']): Refused => ({ ok: false, refusal, claim });
  if (Math.abs(now.getTime() - claim.signedAt.getTime()) > Math.min(skewMs, largestSkewMs)) return refuse('skewed');

  const found = await lookUpSecret(claim.accessKeyId);
  const signingKey = signingKeyOf(found?.secret ?? decoy, claim.scope);
  const finish = (known: Payload, line: string): Finished<T> => {
    if (!isSigned(claim, signingKey, canonicalRequestHash(signable, line)) || !found) return refuse('signature');
    const refusal = bodyRefusal(known, headers);
    return refusal
      ? refuse(refusal)
      : { ok: true, verified: { claim, payload: known, signingKey, token: found.token } };
  };

  const known = payload.mode === 'absent' && !hasBody(headers) ? { ...payload, hash: emptyHash } : payload;
  const line = payloadLine(known);
  if (line !== undefined) return finish(known, line);
  // No body is read for a token that is not there; the work is done all the same.
  if (!found) return finish(payload, emptyHash);
  return { ok: true, claim, finish: (bodyHash) => finish({ ...payload, hash: bodyHash }, bodyHash) };
}

type Head = { ok: true; claim: Claim; payload: Payload; headers: Headers; signable: Signable };

function readHead({ method, target: raw, headers: rawHeaders }: RawRequest): Head | Refused {
  const headers = headersOf(rawHeaders);
  const target = parseTarget(raw);
  if (!target) return { ok: false, refusal: 'malformed_target' };
  const ambiguous = ambiguity(headers);
  if (ambiguous) return { ok: false, refusal: ambiguous };

  const authorization = readAuthorization(method, headers, target.query);
  if (!authorization.ok) return authorization;
  const { said } = authorization;
  const at = signedAt(headers);
  const covered = coverage(headers, said.signedHeaders);
  if (covered) return refusedAs(covered, said, at);
  if (!at || basicTime(at).slice(0, 8) !== said.scope.date) return refusedAs(at ? 'scope_date' : 'date', said, at);
  const payload = readPayload(headers);
  if (!payload.ok) return refusedAs(payload.refusal, said, at);

  const signable = { method, target, headers, signedHeaders: said.signedHeaders, service: said.scope.service };
  return { ok: true, claim: { ...said, signedAt: at }, payload: payload.payload, headers, signable };
}

function refusedAs(refusal: HeadRefusal, said: Omit<Claim, 'signedAt'>, at: Date | undefined): Refused {
  return { ok: false, refusal, ...(at && { claim: { ...said, signedAt: at } }) };
}

function isSigned({ scope, signature, signedAt: at }: Claim, key: Buffer, canonicalHash: string): boolean {
  return timingSafeEqual(signatureOf(key, basicTime(at), scope, canonicalHash), Buffer.from(signature, 'hex'));
}

/** Signs nothing that is ever accepted: it only keeps the work the same. */
const decoy = randomBytes(30).toString('base64url');

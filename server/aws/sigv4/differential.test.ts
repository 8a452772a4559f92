/*
 * Whatever three signers that are not ours sign is accepted: the one of the JavaScript SDKs, aws4, and the C library
 * below the AWS CLI. The same request with one bit, one header, one item of the query or the date changed is refused.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requests } from '../testing/generated-requests.ts';
import { type Signer, sha256, signers, type Unsigned } from '../testing/signers.ts';
import { normalPath } from './canonical-path.ts';
import { canonicalQuery } from './canonical-request.ts';
import type { RawHeader, RawRequest, SigV4Refusal } from './request.ts';
import { parseTarget } from './target.ts';
import { basicTime } from './time.ts';
import { type Verification, verify } from './verify.ts';

const secret = 'the secret of a token, longer than the forty letters that AWS has';
const keyId = 'TOKEN1#rec/Prod 42, ü=';
const lookUp = async (id: string) => (id === keyId ? { secret, token: 'the token' } : undefined);
const accepts = async (request: RawRequest, body: string, now: Date) =>
  finished(await verify(request, lookUp, now), body);

function finished(answer: Verification<string>, body: string): SigV4Refusal | 'accepted' {
  if (!answer.ok) return answer.refusal;
  if (answer.verified) return 'accepted';
  const last = answer.finish(sha256(body));
  return last.ok ? 'accepted' : last.refusal;
}

const key = { accessKeyId: keyId, secretAccessKey: secret };
const kinds: [name: keyof typeof signers, plain: boolean, runs: number][] = [
  ['smithy', false, 1000],
  ['aws4', true, 1000],
  ['crt', false, 1000],
];

/** On a machine that does much else. */
const patienceMs = 120_000;

describe.each(kinds)('signed by %s', (name, plain, runs) => {
  const signer: Signer = signers[name];
  // aws4 hashes a body itself where the hash is not said.
  const all = requests({ plain }).map((request) =>
    name === 'aws4' && !request.unsigned.saysHash
      ? { ...request, body: '', unsigned: withoutBody(request.unsigned) }
      : request,
  );

  test(
    `${runs} requests are accepted`,
    async () => {
      await fc.assert(
        fc.asyncProperty(all, async ({ unsigned, body }) => {
          expect(await accepts(await signer(unsigned, key), body, unsigned.at)).toBe('accepted');
        }),
        { numRuns: runs },
      );
    },
    patienceMs,
  );

  test(
    `${runs} requests with something changed are refused`,
    async () => {
      await fc.assert(
        fc.asyncProperty(all, change, async ({ unsigned, body }, { what, where, bit }) => {
          const signed = await signer(unsigned, key);
          const changed = changes[what](signed, { where, bit, body });
          fc.pre(changed !== undefined);
          const { request, body: sent = body }: NonNullable<Changed> = changed;
          expect(await accepts(request, sent, unsigned.at)).not.toBe('accepted');
        }),
        { numRuns: runs },
      );
    },
    patienceMs,
  );
});

function withoutBody(unsigned: Unsigned): Unsigned {
  const { 'content-length': _, ...headers } = unsigned.headers;
  return { ...unsigned, headers, bodyHash: sha256('') };
}

type At = { where: number; bit: number; body: string };
type Changed = { request: RawRequest; body?: string } | undefined;

/** One change each that a signature must not survive; `undefined` where a request has nothing to change in this way. */
const changes = {
  'a bit of the signature header': (request: RawRequest, at: At) => inHeader(request, 'authorization', at),
  'a bit of a signed header': (request: RawRequest, at: At) => {
    const names = signedNames(request);
    return inHeader(request, names[at.where % names.length] ?? 'host', at);
  },
  'a bit of the target': (request: RawRequest, { where, bit }: At) => {
    const target = flipped(request.target, where, bit);
    return meansTheSame(target, request) ? undefined : { request: { ...request, target } };
  },
  'a header less': (request: RawRequest, { where }: At) => {
    const names = signedNames(request);
    const gone = names[where % names.length];
    return { request: { ...request, headers: request.headers.filter(([name]) => name.toLowerCase() !== gone) } };
  },
  'a header signed that says nothing': (request: RawRequest) => ({
    request: { ...request, headers: [...request.headers, ['x-amz-copy-source', '/b/k'] as const] },
  }),
  'a header twice': (request: RawRequest, { where }: At) => {
    const names = signedNames(request);
    const twice = names[where % names.length] ?? 'host';
    return { request: { ...request, headers: [...request.headers, [twice, 'again'] as const] } };
  },
  'an item of the query more': (request: RawRequest) => {
    const mark = request.target.includes('?') ? '&' : '?';
    return { request: { ...request, target: `${request.target}${mark}more=1` } };
  },
  'an item of the query less': (request: RawRequest) => {
    const [where = '', items] = request.target.split('?');
    return items
      ? { request: { ...request, target: [where, items.split('&').slice(1).join('&')].join('?') } }
      : undefined;
  },
  'another method': (request: RawRequest) => ({
    request: { ...request, method: request.method === 'PUT' ? 'POST' : 'PUT' },
  }),
  'another second': (request: RawRequest) => ({
    request: mapped(request, 'x-amz-date', (value) =>
      value.replace(/\d\dZ$/, (second) => (second === '00Z' ? '01Z' : '00Z')),
    ),
  }),
  'another body': (request: RawRequest, { body }: At) =>
    hash(request) === undefined && body !== '' ? { request, body: `${body}.` } : undefined,
  'another hash': (request: RawRequest) =>
    hash(request) === undefined
      ? undefined
      : { request: mapped(request, 'x-amz-content-sha256', () => sha256('another')) },
};
const change = fc.record({
  what: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
  where: fc.nat(10_000),
  bit: fc.nat(7),
});

function inHeader(request: RawRequest, wanted: string, { where, bit }: At): Changed {
  const value = request.headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
  return value === '' ? undefined : { request: mapped(request, wanted, (old) => flipped(old, where, bit)) };
}

function mapped(request: RawRequest, wanted: string, map: (value: string) => string): RawRequest {
  const headers = request.headers.map(
    ([name, value]): RawHeader => [name, name.toLowerCase() === wanted ? map(value) : value],
  );
  return { ...request, headers };
}

function flipped(text: string, where: number, bit: number): string {
  const at = where % text.length;
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
}

function hash(request: RawRequest): string | undefined {
  return request.headers.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1];
}

function signedNames(request: RawRequest): string[] {
  const value = request.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? '';
  return /SignedHeaders=([^,]+)/.exec(value)?.[1]?.split(';') ?? [];
}

/**
 * Lower and upper hexadecimal digits in a query are the same query, an empty item is none, and paths of all but S3 are
 * the same when they are after normalising.
 */
function meansTheSame(target: string, request: RawRequest): boolean {
  const [a, b] = [parseTarget(target), parseTarget(request.target)];
  const isS3 = /\/s3[a-z-]*\/aws4_request/.test(request.headers.find(([name]) => name === 'authorization')?.[1] ?? '');
  const meant = (path: string) => (isS3 ? path : normalPath(path));
  if (a === undefined || b === undefined) return false;
  return meant(a.path) === meant(b.path) && canonicalQuery(a.query) === canonicalQuery(b.query);
}

test('a signature is good for the tolerated skew and no longer, however large a tolerance is asked for', async () => {
  const at = new Date('2026-11-20T23:58:00Z');
  const unsigned: Unsigned = {
    method: 'GET',
    target: '/',
    headers: { host: 'sts.amazonaws.com' },
    region: 'us-east-1',
    service: 'sts',
    bodyHash: sha256(''),
    saysHash: false,
    at,
  };
  const request = await signers.crt(unsigned, key);
  const after = async (seconds: number, skewMs?: number) => {
    const now = new Date(at.getTime() + seconds * 1000);
    return finished(await verify(request, lookUp, now, ...(skewMs === undefined ? [] : [{ skewMs }])), '');
  };
  expect([await after(-300), await after(300), await after(-301), await after(301)]).toEqual([
    'accepted',
    'accepted',
    'skewed',
    'skewed',
  ]);
  expect([await after(900, 3_600_000), await after(901, 3_600_000)]).toEqual(['accepted', 'skewed']);
  expect([await after(60, 60_000), await after(61, 60_000)]).toEqual(['accepted', 'skewed']);
  expect(basicTime(at)).toBe('20261120T235800Z');
});

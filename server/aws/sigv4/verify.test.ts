/*
 * A request is believed only when a living token signed all of it that AWS gives a meaning. Who has no valid signature
 * learns nothing about which tokens there are: not by the answer, not by the work it takes.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  adding,
  at,
  authorization,
  dynamo,
  key,
  replacing,
  rewriting,
  s3,
  secret,
  signed,
} from '../testing/signed-requests.ts';
import { sha256, type Unsigned } from '../testing/signers.ts';
import { canonicalRequestHash } from './canonical-request.ts';
import { headersOf } from './headers.ts';
import { emptyHash, type RawHeader, type RawRequest, type SigV4Refusal } from './request.ts';
import { signatureOf, signingKeyOf } from './signing-key.ts';
import { verify } from './verify.ts';

vi.mock('./signing-key.ts', { spy: true });

const lookUp = vi.fn(async (id: string) => (id === key.accessKeyId ? { secret, token: { id } } : undefined));
beforeEach(() => vi.clearAllMocks());

const answerTo = (request: RawRequest, now = at) => verify(request, lookUp, now);

/** The refusal; `accepted` or `unfinished` where there is none. */
async function refusalOf(request: RawRequest, now = at): Promise<SigV4Refusal | 'accepted' | 'unfinished'> {
  const answer = await answerTo(request, now);
  if (!answer.ok) return answer.refusal;
  return answer.verified ? 'accepted' : 'unfinished';
}

describe('what is accepted', () => {
  test('a claim, the payload and the token come back, and the key that verifies chunks', async () => {
    const answer = await answerTo(await signed());
    const scope = { date: '20261120', region: 'eu-central-1', service: 'dynamodb' };
    expect(answer).toMatchObject({
      ok: true,
      verified: {
        claim: { accessKeyId: 'TOKEN1#prod', scope, signedAt: at },
        payload: { mode: 'hash', hash: sha256('{}') },
        token: { id: 'TOKEN1#prod' },
        signingKey: signingKeyOf(secret, scope),
      },
    });
  });

  test.each([
    ['UNSIGNED-PAYLOAD', 'unsigned'],
    ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'unsigned_trailer'],
    ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'signed_chunks'],
    ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'signed_chunks_trailer'],
  ])('%s, on a key of S3 with dots and slashes', async (bodyHash, mode) => {
    const chunks = { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const answer = await answerTo(await signed({ ...s3, bodyHash, headers: { ...s3.headers, ...chunks } }));
    expect(answer).toMatchObject({ ok: true, verified: { payload: { mode } } });
  });

  test('a request whose hash is not said is finished with the hash of its body, and with no other', async () => {
    const request = await signed({ saysHash: false });
    const answer = await answerTo(request);
    if (!answer.ok || answer.verified) throw new Error('It was not to be finished yet.');
    expect(answer.claim.accessKeyId).toBe('TOKEN1#prod');
    expect(answer.finish(sha256('{ }'))).toMatchObject({ ok: false, refusal: 'signature' });
    expect(answer.finish(sha256('{}'))).toMatchObject({
      ok: true,
      verified: { payload: { mode: 'absent', hash: sha256('{}') } },
    });
  });

  test('where nothing says the hash and there is no body, nothing is waited for', async () => {
    const { 'content-length': _, ...headers } = dynamo.headers;
    const empty = await signed({ saysHash: false, headers, bodyHash: emptyHash });
    expect(await answerTo(empty)).toMatchObject({
      ok: true,
      verified: { payload: { mode: 'absent', hash: emptyHash } },
    });
    const zero = await signed({ saysHash: false, headers: { ...headers, 'content-length': '0' }, bodyHash: emptyHash });
    expect(await refusalOf(zero)).toBe('accepted');
  });

  test('names and values as clients write them: letter case, blanks, commas with and without a blank', async () => {
    const request = await signed();
    const shouted: RawRequest = {
      ...request,
      headers: request.headers.map(
        ([name, value]) => [name.toUpperCase(), ` ${value.replace(' ', ' \t ')}`.trim()] as const,
      ),
    };
    expect(await refusalOf(shouted)).toBe('malformed_authorization');
    expect(await refusalOf(replacing(shouted, 'authorization', authorization(request)))).toBe('accepted');
    expect(await refusalOf(rewriting(request, /, /g, ','))).toBe('accepted');
  });

  test.each([
    'TOKEN/with/slashes#rec',
    'T#a, b',
    'T#x=y; "z"',
    'T#Prod 42',
    'T#münchen 日本',
    'T#Credential=T/20261120/a/b/aws4_request',
  ])('the access key id %s', async (accessKeyId) => {
    const find = async (id: string) => (id === accessKeyId ? { secret, token: 1 } : undefined);
    expect(await verify(await signed({}, { ...key, accessKeyId }), find, at)).toMatchObject({ ok: true });
  });

  test('Date, where there is no x-amz-date, in either of its forms', async () => {
    // No signer of today signs this way, so the signature is computed here.
    for (const date of ['Fri, 20 Nov 2026 13:24:05 GMT', '20261120T132405Z']) {
      const headers: RawHeader[] = [
        ['host', 'sts.amazonaws.com'],
        ['date', date],
      ];
      const scope = { date: '20261120', region: 'us-east-1', service: 'sts' };
      const signable = {
        method: 'GET',
        target: { path: '/', query: [] },
        headers: headersOf(headers),
        signedHeaders: ['date', 'host'],
      };
      const hash = canonicalRequestHash({ ...signable, service: 'sts' }, emptyHash);
      const signature = signatureOf(signingKeyOf(secret, scope), '20261120T132405Z', scope, hash).toString('hex');
      const value = `AWS4-HMAC-SHA256 Credential=TOKEN1#prod/20261120/us-east-1/sts/aws4_request, SignedHeaders=date;host, Signature=${signature}`;
      expect(await refusalOf({ method: 'GET', target: '/', headers: [...headers, ['authorization', value]] })).toBe(
        'accepted',
      );
    }
  });

  test('what a transport adds unsigned stays unsigned', async () => {
    const added: RawHeader[] = [
      ['user-agent', 'aws-cli/2 md/command#ec2.describe-instances'],
      ['accept-encoding', 'identity'],
      ['amz-sdk-request', 'attempt=1'],
      ['expect', '100-continue'],
      ['connection', 'keep-alive'],
    ];
    expect(await refusalOf(adding(await signed(), ...added))).toBe('accepted');
  });

  test('only the hash of the payload may be unsigned', async () => {
    const said = adding(await signed({ saysHash: false }), ['x-amz-content-sha256', sha256('{}')]);
    expect(await refusalOf(said)).toBe('accepted');
    expect(await refusalOf(replacing(said, 'x-amz-content-sha256', sha256('other')))).toBe('signature');
    expect(await refusalOf(replacing(said, 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'))).toBe('signature');
  });
});

describe('who has no valid signature learns nothing', () => {
  const forged = async (unsigned?: Partial<Unsigned>) => signed(unsigned, { ...key, secretAccessKey: 'guessed' });

  test('of an unknown token, an expired one and a bad signature: same answer, same work', async () => {
    const expired = async () => undefined;
    const work: unknown[] = [];
    for (const [request, find] of [
      [await signed({}, { ...key, accessKeyId: 'TOKEN9' }), lookUp],
      [await signed(), expired],
      [await forged(), lookUp],
    ] as const) {
      vi.clearAllMocks();
      expect(await verify(request, find, at)).toMatchObject({ ok: false, refusal: 'signature' });
      work.push([vi.mocked(signingKeyOf).mock.calls.length, vi.mocked(signatureOf).mock.calls.length]);
    }
    expect(work).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  test('but no body is read for a token that is not there', async () => {
    const unknown = await signed({ saysHash: false }, { ...key, accessKeyId: 'TOKEN9' });
    expect(await refusalOf(unknown)).toBe('signature');
    expect(signatureOf).toHaveBeenCalledTimes(1);
    expect(await refusalOf(await forged({ saysHash: false }))).toBe('unfinished');
  });

  test('and an empty secret opens nothing that is not there', async () => {
    const request = await signed({}, { ...key, accessKeyId: 'TOKEN9', secretAccessKey: 'undefined' });
    expect(await refusalOf(request)).toBe('signature');
  });

  test('a refusal says who it claimed to be, for the log', async () => {
    expect(await answerTo(await forged())).toMatchObject({ ok: false, claim: { accessKeyId: 'TOKEN1#prod' } });
  });
});

/*
 * What goes to AWS is signed with the record's key so that signers that are not ours would have signed it alike, and so
 * that our own verification takes it. Of the client's request everything goes along that AWS reads, byte by byte; nothing
 * of the client's key, of this connection, or of our network does.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requests } from '../testing/generated-requests.ts';
import { crt, sha256, smithy, type Unsigned } from '../testing/signers.ts';
import type { Payload, RawHeader, RawRequest } from './request.ts';
import { type Destination, type Resigned, resign } from './resign.ts';
import { signingKeyOf } from './signing-key.ts';
import { verify } from './verify.ts';

const record = { accessKeyId: 'AKIARECORD', secretAccessKey: 'the/real+secret', sessionToken: 'the real session' };
const now = new Date('2026-11-20T13:24:06Z');
const token = { accessKeyId: 'TOKEN1#prod', secretAccessKey: 'the secret of the token' };

const get = ({ headers }: { headers: readonly RawHeader[] }, wanted: string) =>
  headers.filter(([name]) => name === wanted).map(([, value]) => value);

async function resigned(
  request: RawRequest,
  payload: Payload,
  destination: Partial<Destination> = {},
  bodyLength?: number,
) {
  const to = {
    host: 's3.eu-central-1.amazonaws.com',
    region: 'eu-central-1',
    service: 's3',
    key: record,
    ...destination,
  };
  return resign(request, payload, to, { now, ...(bodyLength !== undefined && { bodyLength }) });
}

/** The headers that the signature names, without those that every signer writes itself. */
function covered(request: Resigned): Record<string, string> {
  const names = /SignedHeaders=([^,]+)/.exec(get(request, 'authorization')[0] ?? '')?.[1]?.split(';') ?? [];
  const own = ['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'];
  const text = (value: string) => Buffer.from(value, 'latin1').toString('utf8');
  return Object.fromEntries(
    names.filter((name) => !own.includes(name)).map((name) => [name, text(get(request, name)[0] ?? '')]),
  );
}

test.each([
  ['the C library', crt],
  ['the SDKs of JavaScript', smithy],
])('%s signs what is forwarded alike, and our own verification takes it', async (_, other) => {
  await fc.assert(
    fc.asyncProperty(requests({ plain: false }), async ({ unsigned, body }) => {
      const client = await smithy(unsigned, token);
      const verified = await verify(client, async () => ({ secret: token.secretAccessKey, token: 1 }), unsigned.at);
      if (!verified.ok) throw new Error(verified.refusal);
      const finished = verified.verified ? verified : verified.finish(sha256(body));
      if (!finished.ok) throw new Error(finished.refusal);
      const { service, region } = unsigned;
      const host = unsigned.headers.host ?? '';
      const request = await resign(client, finished.verified.payload, { host, service, region, key: record }, { now });

      const again: Unsigned = { ...unsigned, headers: covered(request), saysHash: true, at: now };
      const theirs = await other(again, record);
      const authorization = theirs.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
      expect(get(request, 'authorization')).toEqual([authorization]);

      expect(get(request, 'x-amz-content-sha256')).toEqual([unsigned.bodyHash]);
      const withoutSession = await resign(
        client,
        finished.verified.payload,
        { host, service, region, key: token },
        { now },
      );
      const find = async () => ({ secret: token.secretAccessKey, token: 2 });
      const answer = await verify({ ...unsigned, ...withoutSession }, find, now);
      expect(answer).toMatchObject({ ok: true, verified: { token: 2 } });
    }),
    { numRuns: 150 },
  );
});

const put: RawRequest = {
  method: 'PUT',
  target: '/bucket/dir//x/../big%20one.bin?x=%2f',
  headers: [
    ['Host', 'S3.eu-central-1.amazonaws.com'],
    ['Authorization', 'AWS4-HMAC-SHA256 Credential=TOKEN1#prod/...'],
    ['X-Amz-Date', '20261120T132405Z'],
    ['Date', 'Fri, 20 Nov 2026 13:24:05 GMT'],
    ['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'],
    ['X-Amz-Security-Token', 'of the client'],
    ['x-amz-s3session-token', 'of the client'],
    ['x-amz-meta-note', 'a  gr\xc3\xbc\xc3\x9f'],
    ['x-amz-meta-twice', 'one'],
    ['x-amz-meta-twice', 'two'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '5'],
    ['User-Agent', 'aws-cli/2.9'],
    ['Accept-Encoding', 'identity'],
    ['amz-sdk-invocation-id', 'an id'],
    ['Expect', '100-continue'],
    ['Connection', 'keep-alive'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Upgrade', 'h2c'],
    ['Proxy-Authorization', 'Basic x'],
    ['Proxy-Connection', 'keep-alive'],
    ['Cookie', 'of=the gateway'],
    ['X-Forwarded-For', '10.0.0.9'],
    ['X-Forwarded-Host', 'attacker.example.com://s3.amazonaws.com'],
    ['Forwarded', 'for=10.0.0.9'],
  ],
};

describe('the headers that go on', () => {
  test('are all that AWS reads, and the real key; the target stays as it was', async () => {
    const { target, headers } = await resigned(put, { mode: 'unsigned' });
    expect(target).toBe(put.target);
    const { authorization, ...rest } = Object.fromEntries(headers);
    expect(rest).toEqual({
      host: 's3.eu-central-1.amazonaws.com',
      'accept-encoding': 'identity',
      'amz-sdk-invocation-id': 'an id',
      'content-length': '5',
      'content-type': 'text/plain',
      'user-agent': 'aws-cli/2.9',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-amz-date': '20261120T132406Z',
      'x-amz-meta-note': 'a  gr\xc3\xbc\xc3\x9f',
      'x-amz-meta-twice': 'one,two',
      'x-amz-security-token': 'the real session',
    });
    expect(headers).toHaveLength(Object.keys(rest).length + 1);
    const signed =
      'amz-sdk-invocation-id;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-note;x-amz-meta-twice;x-amz-security-token';
    const scope = 'AKIARECORD/20261120/eu-central-1/s3/aws4_request';
    expect(authorization?.slice(0, -64)).toBe(
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=`,
    );
  });

  test('hold no session token where the record has none', async () => {
    const { sessionToken: _, ...lasting } = record;
    const request = await resigned(put, { mode: 'unsigned' }, { key: lasting });
    expect(get(request, 'x-amz-security-token')).toEqual([]);
  });

  test('are signed for another target, host and region where the record says so', async () => {
    const request = await resigned(
      put,
      { mode: 'unsigned' },
      { host: 'minio.example.com:9000', target: '/aws?y', region: 'us-east-1' },
    );
    expect(request.target).toBe('/aws?y');
    expect(get(request, 'host')).toEqual(['minio.example.com:9000']);
    expect(get(request, 'authorization')[0]).toContain('/20261120/us-east-1/s3/');
  });

  test('frame the body as it came, or by the length of what was read whole', async () => {
    const chunked: RawRequest = {
      ...put,
      headers: [...put.headers.filter(([name]) => name !== 'Content-Length'), ['Transfer-Encoding', 'chunked']],
    };
    const framing = (request: Resigned) => [get(request, 'content-length'), get(request, 'transfer-encoding')];
    expect(framing(await resigned(put, { mode: 'unsigned' }))).toEqual([['5'], []]);
    expect(framing(await resigned(chunked, { mode: 'unsigned_trailer' }))).toEqual([[], ['chunked']]);
    expect(framing(await resigned(chunked, { mode: 'absent', hash: sha256('hello!') }, {}, 6))).toEqual([['6'], []]);
    const bare = { ...put, headers: put.headers.filter(([name]) => name !== 'Content-Length') };
    expect(framing(await resigned(bare, { mode: 'unsigned' }))).toEqual([[], []]);
  });

  test.each([
    [{ mode: 'hash', hash: sha256('a') }, sha256('a')],
    [{ mode: 'absent', hash: sha256('b') }, sha256('b')],
    [{ mode: 'unsigned_trailer' }, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'],
    [{ mode: 'signed_chunks' }, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    [{ mode: 'signed_chunks_trailer' }, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'],
  ] as const)('say of the payload what was verified: %o', async (payload, line) => {
    expect(get(await resigned(put, payload), 'x-amz-content-sha256')).toEqual([line]);
  });
});

test('chunks start from the new signature, with the record’s key of the day', async () => {
  const { chunks, headers } = await resigned(put, { mode: 'signed_chunks' });
  const scope = { date: '20261120', region: 'eu-central-1', service: 's3' };
  expect(chunks).toMatchObject({ scope, time: '20261120T132406Z' });
  expect(Buffer.from(chunks.key).equals(signingKeyOf(record.secretAccessKey, scope))).toBe(true);
  expect(get({ headers }, 'authorization')[0]).toContain(`Signature=${chunks.signature}`);
});

test('a request whose body was not hashed yet, or that has no target, is not signed', async () => {
  await expect(resigned(put, { mode: 'absent' })).rejects.toThrow('once it is verified');
  await expect(resigned({ ...put, target: '*' }, { mode: 'unsigned' })).rejects.toThrow('once it is verified');
});

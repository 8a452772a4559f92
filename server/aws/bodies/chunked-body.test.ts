/*
 * A body of signed chunks is verified link by link and signed again link by link, whatever the pieces it arrives in. A
 * chunk goes on only when all of it was verified; what completes the object goes on only when everything was. One changed
 * byte anywhere, one missing or one more: the object stays incomplete. Memory holds one chunk, and gives it back.
 */
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signingKeyOf } from '../sigv4/signing-key.ts';
import { signedChunks } from '../testing/chunks.ts';
import { BodyRefused } from './body-refused.ts';
import { ChunkedBody, type ChunkedBodySettings } from './chunked-body.ts';
import { mebibyte, roomFor } from './room.ts';

const scopeOf = (region: string) => ({ date: '20130524', region, service: 's3' });
const start = (secret: string, region: string, time: string, signature: string) => ({
  key: signingKeyOf(secret, scopeOf(region)),
  scope: scopeOf(region),
  time,
  signature,
});
const client = start('token secret', 'us-east-1', '20130524T000000Z', 'a'.repeat(64));
const upstream = start('record secret', 'eu-central-1', '20130524T000001Z', 'b'.repeat(64));
const chain = ({ key, scope, time, signature }: typeof client) => ({
  key,
  scope: `${scope.date}/${scope.region}/s3/aws4_request`,
  time,
  seed: signature,
});

type Trailer = Parameters<typeof signedChunks>[2];
const lengthOf = (parts: readonly Buffer[]) => parts.reduce((sum, part) => sum + part.length, 0);

/** Sends a body through; answers what came out, and the refusal that ended it. */
async function through(pieces: Iterable<Buffer>, settings: Partial<ChunkedBodySettings> & { decodedLength: number }) {
  const room = settings.room ?? roomFor();
  const body = new ChunkedBody({ client, upstream, room, ...settings });
  const out: Buffer[] = [];
  body.on('data', (piece: Buffer) => out.push(piece));
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), body);
    return { out: Buffer.concat(out), refusal: undefined, taken: room.taken };
  } catch (error) {
    if (!(error instanceof BodyRefused)) throw error;
    if (!body.closed) await once(body, 'close');
    return { out: Buffer.concat(out), refusal: error.refusal, taken: room.taken };
  }
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

describe('the worked examples of AWS', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const time = '20130524T000000Z';
  const data = Buffer.alloc(65_536 + 1024, 'a');
  const frame = (size: number, signature: string, bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${size.toString(16)};chunk-signature=${signature}\r\n`), bytes, Buffer.from('\r\n')]);

  test('chunks', async () => {
    const seed = start(secret, 'us-east-1', time, '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9');
    const body = Buffer.concat([
      frame(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648', data.subarray(0, 65_536)),
      frame(1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497', data.subarray(65_536)),
      frame(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9', Buffer.alloc(0)),
    ]);
    expect(body).toHaveLength(66_824);
    const { out, refusal } = await through([body], { client: seed, upstream: seed, decodedLength: 66_560 });
    expect(refusal).toBeUndefined();
    expect(out.equals(body)).toBe(true);
  });

  test('chunks and a trailer', async () => {
    const seed = start(secret, 'us-east-1', time, '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e');
    const body = Buffer.concat([
      frame(65_536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2', data.subarray(0, 65_536)),
      frame(1024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7', data.subarray(65_536)),
      Buffer.from('0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n'),
      Buffer.from('x-amz-checksum-crc32c:sOO8/Q==\n\r\n'),
      Buffer.from('x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'),
    ]);
    const trailer = 'x-amz-checksum-crc32c';
    const { out, refusal } = await through([body], { client: seed, upstream: seed, decodedLength: 66_560, trailer });
    expect(refusal).toBeUndefined();
    expect(out.equals(body)).toBe(true);
  });
});

const parts = fc
  .tuple(
    fc.array(fc.integer({ min: 8192, max: 20_000 }), { maxLength: 3 }),
    fc.integer({ min: 1, max: 20_000 }),
    fc.nat(255),
  )
  .map(([sizes, last, fill]) => [...sizes, last].map((size, at) => Buffer.alloc(size, fill + at)));
const crc = { lines: ['x-amz-checksum-crc32c:sOO8/Q=='] };
const trailers = fc.constantFrom<Trailer[]>(
  undefined,
  crc,
  { ...crc, lineEnd: '\n' },
  { ...crc, lineEnd: '\n\r\n' },
  { lines: ['x-amz-checksum-crc32:AAAA', 'x-amz-meta-z:b c'] },
);
const announced = (trailer: Trailer) =>
  trailer && { trailer: trailer.lines.map((line) => line.split(':')[0]).join(', ') };

describe('an untouched body', () => {
  test('comes out as the record’s key would have signed it, whatever pieces it arrives in', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1000, max: 30_000 })), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(parts, trailers, sizes, async (data, trailer, pieces) => {
        const sent = signedChunks(chain(client), data, trailer);
        const settings = { decodedLength: lengthOf(data), ...announced(trailer) };
        const { out, refusal, taken } = await through(cut(sent, pieces), settings);
        expect({ refusal, taken }).toEqual({ refusal: undefined, taken: 0 });
        expect(out).toHaveLength(sent.length);
        expect(out.equals(signedChunks(chain(upstream), data, trailer))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('may be empty', async () => {
    const { out, refusal } = await through([signedChunks(chain(client), [])], { decodedLength: 0 });
    expect(refusal).toBeUndefined();
    expect(out.equals(signedChunks(chain(upstream), []))).toBe(true);
  });

  test('arrives byte by byte', async () => {
    const data = [Buffer.alloc(8192, 1), Buffer.alloc(3, 2)];
    const { out } = await through(cut(signedChunks(chain(client), data, crc), [1]), {
      decodedLength: 8195,
      ...announced(crc),
    });
    expect(out.equals(signedChunks(chain(upstream), data, crc))).toBe(true);
  });

  test('may write its sizes in any way, and keeps it', async () => {
    const data = [Buffer.alloc(10_250, 1)];
    const shouted = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace(/^280a;/, '0280A;'), 'latin1');
    const { out } = await through([shouted(signedChunks(chain(client), data))], { decodedLength: 10_250 });
    expect(out.equals(shouted(signedChunks(chain(upstream), data)))).toBe(true);
  });
});

describe('a changed body', () => {
  test('is never completed: one bit anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(parts, trailers, fc.nat(), fc.integer({ min: 0, max: 7 }), async (data, trailer, where, bit) => {
        const sent = signedChunks(chain(client), data, trailer);
        const at = where % sent.length;
        const before = sent[at] ?? 0;
        // Letter case changes no size and no name of a header.
        fc.pre(bit !== 5 || !/[a-z]/i.test(String.fromCharCode(before)));
        sent[at] = before ^ (1 << bit);
        const { out, refusal, taken } = await through([sent], { decodedLength: lengthOf(data), ...announced(trailer) });
        expect(refusal).toBeDefined();
        expect(out.length).toBeLessThan(sent.length);
        expect(out.toString('latin1')).not.toMatch(/(^|\n)0;chunk-signature/);
        expect(taken).toBe(0);
      }),
      { numRuns: 250 },
    );
  });

  test('is never completed: cut off anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(parts, trailers, fc.nat(), fc.boolean(), async (data, trailer, where, late) => {
        const sent = signedChunks(chain(client), data, trailer);
        const length = late ? sent.length - 1 - (where % 200) : where % sent.length;
        const { out, refusal } = await through([sent.subarray(0, length)], {
          decodedLength: lengthOf(data),
          ...announced(trailer),
        });
        expect(refusal).toBe('incomplete_body');
        expect(out.toString('latin1')).not.toMatch(/(^|\n)0;chunk-signature/);
      }),
      { numRuns: 100 },
    );
  });

  const data = [Buffer.alloc(9000, 1), Buffer.alloc(9000, 2)];
  const whole = signedChunks(chain(client), data);
  const settings = { decodedLength: 18_000 };
  const first = signedChunks(chain(client), data.slice(0, 1));
  const frameOf = whole.length - signedChunks(chain(client), data.slice(0, 1)).length;
  const swapped = Buffer.concat([
    whole.subarray(frameOf, 2 * frameOf),
    whole.subarray(0, frameOf),
    whole.subarray(2 * frameOf),
  ]);
  const head = `2328;chunk-signature=${'0'.repeat(64)}`;

  test.each([
    ['more behind it', Buffer.concat([whole, Buffer.from('x')]), settings, 'malformed_chunk'],
    ['another body behind it', Buffer.concat([whole, whole]), settings, 'malformed_chunk'],
    ['a trailer behind it that nobody announced', signedChunks(chain(client), data, crc), settings, 'malformed_chunk'],
    ['chunks in another order', swapped, settings, 'chunk_signature'],
    ['a chunk left out', whole.subarray(frameOf), settings, 'chunk_signature'],
    [
      'chunks of another request',
      signedChunks(chain({ ...client, signature: 'c'.repeat(64) }), data),
      settings,
      'chunk_signature',
    ],
    ['chunks of another key', signedChunks(chain({ ...client, key: upstream.key }), data), settings, 'chunk_signature'],
    ['fewer bytes than announced', first, settings, 'decoded_length'],
    ['more bytes than announced', whole, { decodedLength: 17_999 }, 'decoded_length'],
    ['no end of the first line', Buffer.alloc(500, 'a'), settings, 'malformed_chunk'],
    ['no signature', Buffer.from('2328\r\n'), settings, 'malformed_chunk'],
    ['a signature in capitals', Buffer.from(`2328;chunk-signature=${'A'.repeat(64)}\r\n`), settings, 'malformed_chunk'],
    ['an extension more', Buffer.from(`${head};x=y\r\n`), settings, 'malformed_chunk'],
    ['a bare line feed', Buffer.from(`${head}\n`), settings, 'malformed_chunk'],
    ['a size below zero', Buffer.from(`-${head}\r\n`), settings, 'malformed_chunk'],
    ['a size without end', Buffer.from(`fffffffff${head}\r\n`), settings, 'malformed_chunk'],
    [
      'a chunk that is too large',
      Buffer.from(head.replace('2328', '800001')),
      { decodedLength: 2 ** 40 },
      'incomplete_body',
    ],
    [
      'a chunk that is too large, told whole',
      Buffer.from(`${head.replace('2328', '800001')}\r\n`),
      { decodedLength: 2 ** 40 },
      'chunk_too_large',
    ],
    [
      'a small chunk that is not the last',
      signedChunks(chain(client), [Buffer.alloc(8191), Buffer.alloc(1)]),
      { decodedLength: 8192 },
      'chunk_too_small',
    ],
    ['no room', whole, { ...settings, room: roomFor(9000) }, 'bodies_too_large'],
    [
      'no room for the second, which is larger',
      signedChunks(chain(client), [Buffer.alloc(8192), Buffer.alloc(20_000)]),
      { decodedLength: 28_192, room: roomFor(10_000) },
      'bodies_too_large',
    ],
  ])('is refused: %s', async (_, sent, how, expected) => {
    const { out, refusal, taken } = await through([sent], how);
    expect(refusal).toBe(expected);
    expect(out.toString('latin1')).not.toMatch(/(^|\n)0;chunk-signature/);
    expect(taken).toBe(0);
  });

  const named = (lines: string[], trailer: string) => ({ sent: signedChunks(chain(client), data, { lines }), trailer });
  const ends = (text: string) => {
    const { sent } = named(['a:b'], 'a');
    return {
      sent: Buffer.concat([sent.subarray(0, sent.lastIndexOf('x-amz-trailer-signature')), Buffer.from(text)]),
      trailer: 'a',
    };
  };
  test.each([
    ['one that nobody announced', named(['x-amz-checksum-crc32:A'], 'x-amz-checksum-sha1'), 'malformed_trailer'],
    ['one more than announced', named(['a:b', 'x-amz-acl:public-read'], 'a'), 'malformed_trailer'],
    ['one less than announced', named(['a:b'], 'a,c'), 'malformed_trailer'],
    ['one twice', named(['a:b', 'a:c'], 'a,a'), 'malformed_trailer'],
    ['none, and none announced', named([], ''), 'malformed_trailer'],
    ['a line that is no header', named(['a'], 'a'), 'malformed_trailer'],
    ['a value with control characters', named(['a:b\x00'], 'a'), 'malformed_trailer'],
    ['many blanks and then no value', named([`a:${' '.repeat(3000)}\x01`], 'a'), 'malformed_trailer'],
    ['one without end', named([`a:${'b'.repeat(5000)}`], 'a'), 'malformed_trailer'],
    ['no signature', ends('\r\n\r\n'), 'malformed_trailer'],
    ['a false signature', ends(`x-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`), 'trailer_signature'],
    [
      'more behind the signature',
      ends(`x-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\nx\r\n\r\n`),
      'malformed_trailer',
    ],
  ])('is refused for its trailer: %s', async (_, { sent, trailer }, expected) => {
    const { out, refusal } = await through([sent], { ...settings, trailer });
    expect(refusal).toBe(expected);
    expect(out.toString('latin1')).not.toMatch(/(^|\n)0;chunk-signature/);
  });
});

describe('memory', () => {
  test('holds a chunk and no more while nobody reads', async () => {
    const data = Array.from({ length: 64 }, () => Buffer.alloc(64 * 1024, 7));
    const sent = signedChunks(chain(client), data);
    const body = new ChunkedBody({ client, upstream, decodedLength: lengthOf(data), room: roomFor() });
    const source = new PassThrough({ highWaterMark: sent.length });
    source.end(sent);
    let arrived = 0;
    const pumped = pipeline(
      source,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          for (const part of cut(piece, [16 * 1024])) {
            arrived += part.length;
            yield part;
          }
        }
      },
      body,
    );
    await once(body, 'readable');
    for (let before = -1; before !== arrived; ) {
      before = arrived;
      await new Promise(setImmediate);
    }
    expect(arrived).toBeLessThan(512 * 1024);
    let out = 0;
    for await (const piece of body) out += (piece as Buffer).length;
    await pumped;
    expect(out).toBe(sent.length);
  });

  test('is given back when a transfer is cut in the middle of a chunk', async () => {
    const room = roomFor();
    const body = new ChunkedBody({ client, upstream, decodedLength: mebibyte, room });
    body.write(signedChunks(chain(client), [Buffer.alloc(mebibyte)]).subarray(0, 1000));
    await new Promise(setImmediate);
    expect(room.taken).toBeGreaterThan(mebibyte);
    body.destroy();
    await once(body, 'close');
    expect(room.taken).toBe(0);
  });
});

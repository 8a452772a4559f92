import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { checksums } from 'aws-crt';
import { NotTaken, type Signed, sha256 } from './checked-request.ts';

const uint = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};
const sums: Readonly<Record<string, (content: Buffer) => string>> = {
  'x-amz-checksum-crc32': (content) => uint(checksums.crc32(content)),
  'x-amz-checksum-crc32c': (content) => uint(checksums.crc32c(content)),
  'x-amz-checksum-crc64nvme': (content) => {
    const { buffer, byteOffset, byteLength } = checksums.crc64nvme(content);
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  },
  'x-amz-checksum-sha1': (content) => createHash('sha1').update(content).digest('base64'),
  'x-amz-checksum-sha256': (content) => createHash('sha256').update(content).digest('base64'),
};

/** The content of a body, out of whatever it is wrapped in. Hashes, chunk signatures, length and checksums must be right. */
export function unwrapped(body: Buffer, headers: IncomingHttpHeaders, signed: Signed): Buffer {
  const { payload = '' } = signed;
  const isWrapped = payload.startsWith('STREAMING-');
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256(body))
    throw new NotTaken('XAmzContentSHA256Mismatch', 'The body does not have the hash that was signed.', 400);
  const { content, trailer } = isWrapped ? chunks(body, signed) : { content: body, trailer: [] };
  const length = headers['x-amz-decoded-content-length'];
  if (isWrapped && Number(length) !== content.length)
    throw new NotTaken('IncompleteBody', 'The chunks do not make up the length that was announced.', 400);
  const said = [...Object.entries(headers), ...trailer];
  for (const [name, value] of said) {
    const sum = sums[name]?.(content);
    if (sum !== undefined && sum !== value) throw new NotTaken('BadDigest', `${name} is not ${String(value)}.`, 400);
  }
  const announced = headers['x-amz-trailer'];
  if (announced !== undefined && !trailer.some(([name]) => name === announced))
    throw new NotTaken('MalformedTrailerError', 'The announced trailer is missing.', 400);
  return content;
}

type Chunks = { content: Buffer; trailer: [name: string, value: string][] };

function chunks(body: Buffer, signed: Signed): Chunks {
  const { payload = '', time, date, region, service } = signed;
  const isSigned = payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  const key = ['aws4_request', service, region, date].reduceRight<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${signed.secretAccessKey}`,
  );
  let previous = signed.signature;
  const check = (claimed: string | undefined, kind: string, ...digests: string[]) => {
    if (!isSigned) return;
    const text = [`AWS4-HMAC-SHA256-${kind}`, time, `${date}/${region}/${service}/aws4_request`, previous, ...digests];
    previous = createHmac('sha256', key).update(text.join('\n')).digest('hex');
    if (claimed !== previous) throw new NotTaken('SignatureDoesNotMatch', `A signature of the ${kind} is wrong.`);
  };
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const [, hex, claimed] =
      /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(body.toString('latin1', at, end)) ?? [];
    if (end < 0 || hex === undefined) throw new NotTaken('InvalidChunkSizeError', 'A chunk has no head.', 400);
    const size = Number.parseInt(hex, 16);
    const part = body.subarray(end + 2, end + 2 + size);
    if (part.length !== size) throw new NotTaken('IncompleteBody', 'A chunk is shorter than it says.', 400);
    check(claimed, 'PAYLOAD', sha256(''), sha256(part));
    at = end + 2 + size;
    if (size === 0) break;
    parts.push(part);
    at += 2;
  }
  const lines = body.toString('latin1', at).split(/\r?\n/).filter(Boolean);
  const trailer = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(':');
    return [name.toLowerCase(), value.join(':').trim()];
  });
  if (payload.endsWith('-TRAILER')) {
    const own = trailer.filter(([name]) => name !== 'x-amz-trailer-signature');
    const claimed = trailer.find(([name]) => name === 'x-amz-trailer-signature')?.[1];
    check(claimed, 'TRAILER', sha256(own.map(([name, value]) => `${name}:${value}\n`).join('')));
  }
  return { content: Buffer.concat(parts), trailer };
}

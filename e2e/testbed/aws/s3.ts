import { createHash, randomUUID } from 'node:crypto';
import { type Answer, type Asked, failed, xml } from './answer.ts';
import { NotTaken } from './checked-request.ts';

type Kept = { content: Buffer; etag: string; at: Date; headers: Record<string, string> };
type Upload = { bucket: string; name: string; parts: Map<number, Kept>; headers: Record<string, string> };

const space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const head = '<?xml version="1.0" encoding="UTF-8"?>';
const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex');
const escaped = (text: string) => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const plain = (text: string) =>
  text.replace(/&(lt|gt|amp|quot|apos|#\d+);/g, (_, name: string) =>
    name.startsWith('#')
      ? String.fromCharCode(Number(name.slice(1)))
      : ({ lt: '<', gt: '>', amp: '&', quot: '"' }[name] ?? "'"),
  );

/**
 * As much of S3 as clients need: buckets, objects, ranges, copies, lists with prefix and delimiter, uploads in parts.
 * Objects of the bucket `sink` are not kept, and one that is read from it has as many bytes as its name says.
 */
export class FakeS3 {
  readonly buckets = new Map<string, Map<string, Kept>>([['sink', new Map()]]);
  readonly #uploads = new Map<string, Upload>();

  answer(asked: Asked): Answer {
    const { bucket, name } = placeOf(asked);
    if (!bucket)
      return xml(
        `${head}<ListAllMyBucketsResult ${space}><Owner><ID>1</ID></Owner><Buckets>${this.#names()}</Buckets></ListAllMyBucketsResult>`,
      );
    return name === '' ? this.#ofBucket(asked, bucket) : this.#ofObject(asked, bucket, name);
  }

  /** The content of an object, as it was put. */
  content(bucket: string, name: string): Buffer | undefined {
    return this.buckets.get(bucket)?.get(name)?.content;
  }

  #names(): string {
    const at = new Date(0).toISOString();
    return [...this.buckets.keys()]
      .map((name) => `<Bucket><Name>${name}</Name><CreationDate>${at}</CreationDate></Bucket>`)
      .join('');
  }

  #ofBucket(asked: Asked, bucket: string): Answer {
    const { method, query, body } = asked;
    const objects = this.buckets.get(bucket);
    if (method === 'PUT' && !query.size) {
      this.buckets.set(bucket, objects ?? new Map());
      return { status: 200, headers: { location: `/${bucket}` } };
    }
    if (!objects) throw new NotTaken('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (method === 'HEAD') return { status: 200, headers: { 'x-amz-bucket-region': asked.region } };
    if (method === 'DELETE') {
      this.buckets.delete(bucket);
      return { status: 204 };
    }
    if (method === 'POST' && query.has('delete')) {
      const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => plain(key));
      for (const key of keys) objects.delete(key);
      const done = keys.map((key) => `<Deleted><Key>${escaped(key)}</Key></Deleted>`).join('');
      return xml(`${head}<DeleteResult ${space}>${done}</DeleteResult>`);
    }
    if (query.has('location')) return xml(`${head}<LocationConstraint ${space}>${asked.region}</LocationConstraint>`);
    if (query.has('uploads'))
      return xml(
        `${head}<ListMultipartUploadsResult ${space}><Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`,
      );
    if (query.has('versioning')) return xml(`${head}<VersioningConfiguration ${space}/>`);
    if (method === 'GET' && ['acl', 'policy', 'lifecycle', 'cors', 'tagging'].some((name) => query.has(name)))
      return failed(new NotTaken('NotImplemented', 'This stand-in does not do that.', 501), asked);
    return listed(bucket, objects, query);
  }

  #ofObject(asked: Asked, bucket: string, name: string): Answer {
    const { method, query, headers } = asked;
    if (query.has('uploads') && method === 'POST') {
      const id = randomUUID();
      this.#uploads.set(id, { bucket, name, parts: new Map(), headers: keptHeaders(headers) });
      return xml(
        `${head}<InitiateMultipartUploadResult ${space}><Bucket>${bucket}</Bucket><Key>${escaped(name)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (query.has('uploadId')) return this.#ofUpload(asked, query.get('uploadId') ?? '');
    const objects = this.buckets.get(bucket);
    if (!objects) throw new NotTaken('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (method === 'PUT') return this.#put(asked, objects, bucket, name);
    if (method === 'DELETE') {
      objects.delete(name);
      return { status: 204 };
    }
    if (bucket === 'sink') return { status: 200, headers: { 'content-length': name }, zeros: Number(name) };
    const kept = objects.get(name);
    if (!kept) throw new NotTaken('NoSuchKey', 'The specified key does not exist.', 404);
    return got(kept, headers.range);
  }

  #put({ headers, body }: Asked, objects: Map<string, Kept>, bucket: string, name: string): Answer {
    const from = headers['x-amz-copy-source'];
    if (typeof from === 'string') {
      const [source = '', ...rest] = decodeURIComponent(from).replace(/^\//, '').split('/');
      const kept = this.buckets.get(source)?.get(rest.join('/'));
      if (!kept) throw new NotTaken('NoSuchKey', 'The specified key does not exist.', 404);
      objects.set(name, { ...kept, at: new Date() });
      return xml(
        `${head}<CopyObjectResult ${space}><LastModified>${new Date().toISOString()}</LastModified><ETag>"${kept.etag}"</ETag></CopyObjectResult>`,
      );
    }
    const kept = keep(body, headers);
    if (bucket !== 'sink') objects.set(name, kept);
    return { status: 200, headers: { etag: `"${kept.etag}"` } };
  }

  #ofUpload({ method, query, headers, body }: Asked, id: string): Answer {
    const upload = this.#uploads.get(id);
    if (!upload) throw new NotTaken('NoSuchUpload', 'The specified upload does not exist.', 404);
    const { bucket, name, parts } = upload;
    if (method === 'PUT') {
      const part = keep(body, headers);
      parts.set(Number(query.get('partNumber')), part);
      return { status: 200, headers: { etag: `"${part.etag}"` } };
    }
    if (method === 'DELETE') {
      this.#uploads.delete(id);
      return { status: 204 };
    }
    if (method === 'GET')
      return xml(
        `${head}<ListPartsResult ${space}><UploadId>${id}</UploadId><IsTruncated>false</IsTruncated></ListPartsResult>`,
      );
    const wanted = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) =>
      parts.get(Number(number)),
    );
    if (wanted.includes(undefined)) throw new NotTaken('InvalidPart', 'A part was not uploaded.', 400);
    const all = wanted.flatMap((part) => (part ? [part] : []));
    const etag = `${md5(Buffer.concat(all.map((part) => Buffer.from(part.etag, 'hex'))))}-${all.length}`;
    const content = Buffer.concat(all.map((part) => part.content));
    this.buckets.get(bucket)?.set(name, { content, etag, at: new Date(), headers: upload.headers });
    this.#uploads.delete(id);
    return xml(
      `${head}<CompleteMultipartUploadResult ${space}><Bucket>${bucket}</Bucket><Key>${escaped(name)}</Key><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`,
    );
  }
}

/** The bucket stands before the host's `s3` or first in the path. */
function placeOf({ host, path }: Asked): { bucket: string; name: string } {
  const [, before] = /^(.+)\.s3[.-]/.exec(host) ?? [];
  const whole = path.slice(1);
  const [first = ''] = whole.split('/');
  const bucket = before ?? decodeURIComponent(first);
  return { bucket, name: decodeURIComponent(before ? whole : whole.slice(first.length + 1)) };
}

function keptHeaders(headers: Asked['headers']): Record<string, string> {
  const wanted = Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-meta-'));
  return Object.fromEntries(wanted.map(([name, value]) => [name, String(value)]));
}

function keep(content: Buffer, headers: Asked['headers']): Kept {
  return { content, etag: md5(content), at: new Date(), headers: keptHeaders(headers) };
}

function got({ content, etag, at, headers }: Kept, range: string | undefined): Answer {
  const all = { etag: `"${etag}"`, 'last-modified': at.toUTCString(), 'accept-ranges': 'bytes', ...headers };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, headers: all, body: content };
  const last = Math.min(to ? Number(to) : content.length - 1, content.length - 1);
  const contentRange = `bytes ${from}-${last}/${content.length}`;
  return {
    status: 206,
    headers: { ...all, 'content-range': contentRange },
    body: content.subarray(Number(from), last + 1),
  };
}

function listed(bucket: string, objects: Map<string, Kept>, query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const shown = query.get('encoding-type') === 'url' ? (text: string) => encodeURIComponent(text) : escaped;
  const prefixes = new Set<string>();
  let contents = '';
  let count = 0;
  for (const [name, { content, etag, at }] of [...objects].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!name.startsWith(prefix)) continue;
    const end = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    if (end >= 0) prefixes.add(name.slice(0, end + delimiter.length));
    else {
      count += 1;
      contents += `<Contents><Key>${shown(name)}</Key><LastModified>${at.toISOString()}</LastModified><ETag>"${etag}"</ETag><Size>${content.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    }
  }
  const common = [...prefixes].map((one) => `<CommonPrefixes><Prefix>${shown(one)}</Prefix></CommonPrefixes>`).join('');
  const encoding = query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '';
  return xml(
    `${head}<ListBucketResult ${space}><Name>${bucket}</Name><Prefix>${shown(prefix)}</Prefix><Delimiter>${shown(delimiter)}</Delimiter>` +
      `<KeyCount>${count + prefixes.size}</KeyCount><MaxKeys>1000</MaxKeys>${encoding}<IsTruncated>false</IsTruncated>${contents}${common}</ListBucketResult>`,
  );
}

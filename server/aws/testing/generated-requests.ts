import fc from 'fast-check';
import { escaped } from '../sigv4/target.ts';
import { sha256, type Unsigned } from './signers.ts';

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  fc.constantFrom('a b', 'ü', '%', '+', '&=', "!'()*", '~', ':@$,;', '日本'),
);
const segment = fc.oneof(
  { weight: 6, arbitrary: word.map(escaped) },
  { weight: 1, arbitrary: fc.constantFrom('.', '..', '') },
);
const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
// The SDKs of JavaScript lose this one name.
const item = fc
  .tuple(
    word.filter((name) => name !== '__proto__'),
    fc.option(word),
  )
  .map(([name, value]) => ({ name, value }));
const query = fc.uniqueArray(item, { maxLength: 4, selector: ({ name }) => name });
const headerName = fc.constantFrom('x-amz-meta-a', 'x-amz-meta-b-c', 'x-amz-acl', 'content-type', 'x-custom', 'range');
// Other blanks than spaces and tabs are no part of a header that clients can send.
const headerValue = fc
  .oneof(word, fc.constantFrom('a  b   c', ' padded ', 'text/plain; charset=utf-8', 'a,b , c'))
  .map((value) => value.replace(/[\p{Cc}\p{Z}\ufeff]/gu, ' ').trim());
const text = fc.string({ maxLength: 40 });
const literals = ['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'];

/** `plain` leaves out what aws4 does in a way of its own: dot segments, and escaped slashes in keys of S3. */
export const requests = ({ plain }: { plain: boolean }) =>
  fc
    .record({
      method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH'),
      path: plain
        ? fc
            .array(
              word.map((text) => escaped(text.replaceAll('/', ''))),
              { maxLength: 5 },
            )
            .map((segments) => `/${segments.join('/')}`)
        : path,
      query,
      headers: fc.dictionary(headerName, headerValue, { maxKeys: 4 }),
      region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1'),
      service: fc.constantFrom(
        's3',
        's3',
        'dynamodb',
        'ec2',
        'lambda',
        'AWSMobileHubService',
        ...(plain ? [] : ['s3-object-lambda']),
      ),
      body: text,
      said: fc.constantFrom('absent', 'hash', 'literal'),
      literal: fc.constantFrom(...literals),
      at: fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
    })
    .map(({ path: where, query: items, body, said, literal, headers, ...rest }) => {
      const asked = items.map(({ name, value }) =>
        value === null ? escaped(name) : `${escaped(name)}=${escaped(value)}`,
      );
      const length: Record<string, string> = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const target = asked.length > 0 ? `${where}?${asked.join('&')}` : where;
      const bodyHash = said === 'literal' ? literal : sha256(body);
      const host = `${rest.service.toLowerCase()}.${rest.region}.amazonaws.com`;
      const unsigned: Unsigned = {
        ...rest,
        target,
        bodyHash,
        saysHash: said !== 'absent',
        headers: { ...headers, ...length, host },
      };
      return { unsigned, body };
    });

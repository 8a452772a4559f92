import { gunzipSync } from 'node:zlib';
import type { RawRequest } from '../sigv4/request.ts';
import { mediaTypeOf, valuesOf } from './heads.ts';
import { maxParsedBytes } from './limits.ts';
import type { NamedCall } from './name-operation.ts';
import { readCbor } from './read-cbor.ts';
import { readForm } from './read-form.ts';
import { readJson } from './read-json.ts';
import { insideOf, readXml } from './read-xml.ts';
import { emptyObject, type Parsed } from './tree.ts';

/** What gunzip may make of a body whose form names the operation; clients compress no larger ones. In bytes. */
const maxUnpackedBytes = 8 * 1024 * 1024;

const nothing: Parsed = { tree: emptyObject(), repeated: false };

/** The body without its content encoding; `undefined` when it is another one than gzip, broken, or unpacks to too much. */
export function unpacked({ headers }: RawRequest, body: Buffer): Buffer | undefined {
  const encodings = valuesOf(headers, 'content-encoding').flatMap((value) => value.toLowerCase().split(','));
  const named = encodings.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity');
  if (named.length === 0) return body;
  if (named.length > 1 || named[0] !== 'gzip') return undefined;
  try {
    return gunzipSync(body, { maxOutputLength: maxUnpackedBytes });
  } catch {
    return undefined;
  }
}

/** Reads the parameters in a body (`unpacked` already) by the call's protocol; `undefined` when it cannot be read or is too large. */
export function readBody({ protocol }: NamedCall, request: RawRequest, body: Buffer): Parsed | undefined {
  if (body.length === 0) return nothing;
  if (body.length > maxParsedBytes) return undefined;
  if (protocol === 'cbor') return readCbor(body);
  const text = body.toString('utf8');
  if (protocol === 'query' || protocol === 'ec2') return readForm(text);
  if (protocol === 'json') return readJson(text);
  const isXml = protocol !== 'rest-json' || /[/+]xml$/.test(mediaTypeOf(request.headers));
  if (!isXml) return readJson(text);
  const read = readXml(text);
  // A policy of a bucket is JSON where everything else is XML.
  return read ? { ...read, tree: insideOf(read.tree) } : readJson(text);
}

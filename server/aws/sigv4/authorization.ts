import { firstOf, type Headers, textOf } from './headers.ts';
import type { Claim, HeadRefusal } from './request.ts';
import { algorithm } from './signing-key.ts';
import type { Target } from './target.ts';

type Said = Omit<Claim, 'signedAt'>;
type Reading = { ok: true; said: Said } | { ok: false; refusal: HeadRefusal };

/** Reads who signed and how; every other way to authenticate has a refusal of its own. */
export function readAuthorization(method: string, headers: Headers, query: Target['query']): Reading {
  const header = firstOf(headers, 'authorization');
  const names = new Set(query.map(([name]) => name.toLowerCase()));
  const inQuery = signedInQuery(names);
  if (header === undefined) return refused(inQuery ?? unsigned(method, headers));
  if (inQuery) return refused('both_forms');
  const scheme = header.split(' ', 1)[0] ?? '';
  if (scheme !== algorithm) return refused(otherScheme(scheme));
  const said = readClaim(header);
  return said ? { ok: true, said } : refused('malformed_authorization');
}

const queryForm = [
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
];

function refused(refusal: HeadRefusal): Reading {
  return { ok: false, refusal };
}

function signedInQuery(names: ReadonlySet<string>): HeadRefusal | undefined {
  if (queryForm.some((name) => names.has(name))) return 'presigned';
  return names.has('awsaccesskeyid') && names.has('signature') ? 'signature_v2' : undefined;
}

function unsigned(method: string, headers: Headers): HeadRefusal {
  const isForm = /^multipart\/form-data\b/i.test(firstOf(headers, 'content-type') ?? '');
  return method === 'POST' && isForm ? 'post_form' : 'missing_authentication';
}

function otherScheme(scheme: string): HeadRefusal {
  if (scheme === 'AWS4-ECDSA-P256-SHA256') return 'sigv4a';
  if (scheme === 'AWS') return 'signature_v2';
  return scheme.toLowerCase() === 'bearer' ? 'bearer' : 'unsupported_algorithm';
}

// An access key id may hold slashes, commas and blanks, so what follows it is found from the right.
const form =
  /^AWS4-HMAC-SHA256 Credential=(.+)\/(\d{8})\/([a-z0-9-]{1,64})\/([A-Za-z0-9_.-]{1,64})\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const longest = 8192;
const longestKeyId = 512;

function readClaim(header: string): Said | undefined {
  if (header.length > longest) return undefined;
  const [, id = '', date = '', region = '', service = '', names = '', signature = ''] = form.exec(header) ?? [];
  const accessKeyId = textOf(id);
  const signedHeaders = names.split(';');
  if (!accessKeyId || accessKeyId.length > longestKeyId || /\p{Cc}/u.test(accessKeyId)) return undefined;
  return areNames(signedHeaders)
    ? { accessKeyId, scope: { date, region, service }, signedHeaders, signature }
    : undefined;
}

/** Lower-case, sorted, each once: the only way in which AWS would compute the same signature. */
function areNames(names: readonly string[]): boolean {
  return names.every(
    (name, at) =>
      /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && name !== 'authorization' && (at === 0 || name > (names[at - 1] ?? '')),
  );
}

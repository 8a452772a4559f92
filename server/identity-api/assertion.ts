import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

/** What an assertion is about: one request, to the byte. */
export type AssertedRequest = { method: string; path: string; body: string };

/** How far the clocks of the two ends may be apart, and how long an assertion could be replayed at all. */
export const assertionLifeMs = 30_000;

const version = 'v1';
const shape = /^v1\.(\d{13})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{86})$/;

/** The pair with which the gateway proves itself to the built-in identity API. */
export type AssertionKeys = { privateKey: KeyObject; publicKey: KeyObject };

// PKCS #8 around the 32 bytes of an Ed25519 seed (RFC 8410, 7).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A pair for this purpose alone, derived from a secret that only processes of this installation hold. */
export function assertionKeys(secret: string): AssertionKeys {
  const seed = Buffer.from(hkdfSync('sha256', secret, 'sallyport', 'gateway assertion v1', 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  seed.fill(0);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** The value of the assertion header for this request at this moment. */
export function makeAssertion(privateKey: KeyObject, request: AssertedRequest, now: Date): string {
  const time = String(now.getTime());
  const nonce = randomBytes(16).toString('base64url');
  const signature = sign(null, signedText(request, time, nonce), privateKey).toString('base64url');
  return [version, time, nonce, signature].join('.');
}

export type AssertionFault = 'missing' | 'malformed' | 'forged' | 'late';

/** Whether the gateway sent exactly this request just now. The caller must take each nonce only once. */
export function checkAssertion(
  publicKey: KeyObject,
  header: string | undefined,
  request: AssertedRequest,
  now: Date,
): { ok: true; nonce: string } | { ok: false; why: AssertionFault } {
  if (!header) return { ok: false, why: 'missing' };
  const [, time = '', nonce = '', signature = ''] = shape.exec(header) ?? [];
  if (!signature) return { ok: false, why: 'malformed' };
  const isGenuine = verify(null, signedText(request, time, nonce), publicKey, Buffer.from(signature, 'base64url'));
  if (!isGenuine) return { ok: false, why: 'forged' };
  if (Math.abs(now.getTime() - Number(time)) > assertionLifeMs) return { ok: false, why: 'late' };
  return { ok: true, nonce };
}

// One line each; none of the parts can hold a line feed that would let it pass for two.
function signedText({ method, path, body }: AssertedRequest, time: string, nonce: string): Buffer {
  const bodyHash = createHash('sha256').update(body).digest('base64url');
  return Buffer.from(['sallyport.assertion', version, method, JSON.stringify(path), bodyHash, time, nonce].join('\n'));
}

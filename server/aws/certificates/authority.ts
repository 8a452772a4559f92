import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { hostSuffixes } from '../endpoints/partitions.ts';
import { authorityCertificate, leafCertificate, nameOf } from './certificate.ts';

/** An authority with its key, both in PEM. */
export type Authority = { certificatePem: string; privateKeyPem: string };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const leafMs = dayMs;
/** A leaf with less left than this is made anew. */
const restMs = 2 * hourMs;

/** A new authority for hosts of AWS and for nothing else, for ten years. Its name is unlike that of any other. */
export function newAuthority(now: Date): Authority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificatePem = authorityCertificate({
    commonName: `AWS proxy ${randomBytes(4).toString('hex')}`,
    key: privateKey,
    suffixes: hostSuffixes,
    from: new Date(now.getTime() - dayMs),
    until: new Date(now.getTime() + 3652 * dayMs),
  });
  return { certificatePem, privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export type Leaves = {
  /** What a TLS server of that name shows; `name` may start with `*.`. Throws for a name beyond AWS's. */
  contextFor(name: string): SecureContext;
};

export type LeavesOptions = { now(): Date; most?: number };

/** Leaves of an authority: a day each, kept by name, the ones used last. All of them share a key of this process. */
export function leavesOf({ certificatePem, privateKeyPem }: Authority, { now, most = 1000 }: LeavesOptions): Leaves {
  const certificate = new X509Certificate(certificatePem);
  const authority = { certificate, subject: subjectOf(certificate), key: createPrivateKey(privateKeyPem) };
  const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const kept = new Map<string, { context: SecureContext; until: number }>();

  function make(name: string): { context: SecureContext; until: number } {
    if (!hostSuffixes.some((suffix) => name.endsWith(`.${suffix}`)))
      throw new RangeError('This authority is for hosts of AWS only.');
    const from = now().getTime();
    const validity = { from: new Date(from - hourMs), until: new Date(from + leafMs) };
    const cert = leafCertificate({ names: [name], publicKey: leaf.publicKey, ...validity }, authority);
    return { context: createSecureContext({ key, cert, minVersion: 'TLSv1.2' }), until: from + leafMs };
  }

  return {
    contextFor(name) {
      const there = kept.get(name);
      const found = there && there.until - now().getTime() > restMs ? there : make(name);
      kept.delete(name);
      kept.set(name, found);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return found.context;
    },
  };
}

/** The name that covers a host and, where a bucket is its first label, the buckets beside it. */
export function leafNameOf(host: string, bucket: string | undefined): string {
  if (bucket === undefined || bucket.includes('.') || !host.startsWith(`${bucket}.`)) return host;
  return `*.${host.slice(bucket.length + 1)}`;
}

// As we wrote it ourselves: its organization, and its own name.
function subjectOf(certificate: X509Certificate): Buffer {
  const [, organization = '', commonName = ''] = /^O=(.*)\nCN=(.*)$/.exec(certificate.subject) ?? [];
  return nameOf(organization, commonName);
}

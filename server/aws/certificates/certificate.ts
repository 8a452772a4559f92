import { createHash, createPublicKey, type KeyObject, randomBytes, sign, type X509Certificate } from 'node:crypto';
import { bits, type Der, der, integer, moment, octets, oid, sequence, set, utf8, yes } from './der.ts';

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const dnsName = 0x82;
const ipAddress = 0x87;

type Validity = { from: Date; until: Date };

/** What an authority is made of; `suffixes` are all that it can ever speak for. */
export type AuthorityWish = Validity & { commonName: string; key: KeyObject; suffixes: readonly string[] };

export type LeafWish = Validity & { names: readonly string[]; publicKey: KeyObject };

/**
 * A self-signed authority (P-256) for hosts below certain names: critical constraints keep whoever steals its key from
 * speaking for any other. PEM.
 */
export function authorityCertificate({ commonName, key, suffixes, ...validity }: AuthorityWish): string {
  const publicKey = createPublicKey(key);
  const name = nameOf('Sallyport', commonName);
  const extensions = [
    extension('2.5.29.19', sequence(yes, integer(Buffer.from([0]))), 'critical'),
    // Signs certificates and lists, nothing else.
    extension('2.5.29.15', bits(Buffer.from([0x06]), 1), 'critical'),
    extension('2.5.29.14', octets(keyIdOf(publicKey))),
    extension('2.5.29.30', constraints(suffixes), 'critical'),
  ];
  return signed({ issuer: name, subject: name, publicKey, key, extensions, ...validity });
}

/** A server's certificate for names, by an authority. PEM. */
export function leafCertificate(
  { names, publicKey, ...validity }: LeafWish,
  authority: { certificate: X509Certificate; subject: Der; key: KeyObject },
): string {
  const extensions = [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), 'critical'),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.14', octets(keyIdOf(publicKey))),
    extension('2.5.29.35', sequence(der(0x80, keyIdOf(authority.certificate.publicKey)))),
    extension('2.5.29.17', sequence(...names.map((name) => der(dnsName, Buffer.from(name))))),
  ];
  const subject = nameOf('Sallyport', 'AWS through the gateway');
  return signed({ issuer: authority.subject, subject, publicKey, key: authority.key, extensions, ...validity });
}

/** The name of an authority, as its leaves must write it. */
export function nameOf(organization: string, commonName: string): Der {
  const part = (type: string, text: string) => set(sequence(oid(type), utf8(text)));
  return sequence(part('2.5.4.10', organization), part('2.5.4.3', commonName));
}

type ToSign = Validity & {
  issuer: Der;
  subject: Der;
  publicKey: KeyObject;
  key: KeyObject;
  extensions: readonly Der[];
};

function signed({ issuer, subject, publicKey, key, extensions, from, until }: ToSign): string {
  const version3 = der(0xa0, integer(Buffer.from([2])));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const content = sequence(
    version3,
    integer(serial),
    ecdsaWithSha256,
    issuer,
    sequence(moment(from), moment(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(content, ecdsaWithSha256, bits(sign('sha256', content, key)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(id: string, value: Der, critical?: 'critical'): Der {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value));
}

// Names below the suffixes only, and no address at all: without that line any address would be permitted.
function constraints(suffixes: readonly string[]): Der {
  const permitted = suffixes.map((suffix) => sequence(der(dnsName, Buffer.from(suffix))));
  const excluded = [8, 32].map((bytes) => sequence(der(ipAddress, Buffer.alloc(bytes))));
  return sequence(der(0xa0, ...permitted), der(0xa1, ...excluded));
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

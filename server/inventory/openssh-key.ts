import { createPrivateKey, randomBytes } from 'node:crypto';

/*
 * The container of OpenSSH's private keys (PROTOCOL.key in its source): magic, cipher, KDF and its options, the number
 * of keys, the public key, and the private part padded to the cipher's block.
 */
const magic = Buffer.from('openssh-key-v1\0');
const blockBytes = 8;

/** How many rounds of bcrypt the passphrase of a key costs; `undefined` for a key without, or text that is no such key. */
export function readKdfRounds(text: string): number | undefined {
  const body = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([\s\S]+)\n-----END OPENSSH PRIVATE KEY-----\n?$/.exec(text)?.[1];
  const bytes = Buffer.from(body ?? '', 'base64');
  if (!bytes.subarray(0, magic.length).equals(magic)) return undefined;
  let at = magic.length;
  const next = () => {
    if (at + 4 > bytes.length) return Buffer.alloc(0);
    const length = bytes.readUInt32BE(at);
    const part = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  };
  next(); // cipher
  next(); // KDF
  const options = next(); // string salt, uint32 rounds
  if (options.length < 8) return undefined;
  const roundsAt = 4 + options.readUInt32BE(0);
  return roundsAt + 4 <= options.length ? options.readUInt32BE(roundsAt) : undefined;
}

/** An Ed25519 key in OpenSSH's own format without a passphrase, from PKCS#8 PEM. */
export function encodeEd25519Key(pkcs8Pem: string): string {
  const { x, d } = createPrivateKey(pkcs8Pem).export({ format: 'jwk' });
  const [publicPart, seed] = [Buffer.from(x ?? '', 'base64url'), Buffer.from(d ?? '', 'base64url')];
  const check = randomBytes(4);
  const privatePart = padded(
    Buffer.concat([
      check,
      check,
      string('ssh-ed25519'),
      string(publicPart),
      string(Buffer.concat([seed, publicPart])),
      string(''),
    ]),
  );
  const container = Buffer.concat([
    magic,
    string('none'),
    string('none'),
    string(''),
    Buffer.from([0, 0, 0, 1]),
    string(Buffer.concat([string('ssh-ed25519'), string(publicPart)])),
    string(privatePart),
  ]);
  const lines = container.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function string(value: string | Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}

function padded(part: Buffer): Buffer {
  const missing = (blockBytes - (part.length % blockBytes)) % blockBytes;
  return Buffer.concat([part, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}

import ssh2 from 'ssh2';
import { encodeEd25519Key, readKdfRounds } from './openssh-key.ts';

export type PrivateKeyText =
  | { ok: true; privateKey: string }
  | { ok: false; field: 'privateKey' | 'passphrase'; problem: string };

// 16 to 24 is what ssh-keygen does. Each costs about 12 ms of this process, so the number must not be the writer's choice.
const maxKdfRounds = 256;

/**
 * Reads a pasted SSH private key (OpenSSH or PEM; Ed25519, ECDSA, RSA) and gives it back without its passphrase, as it
 * is sealed in the vault: deriving a key from a passphrase at each connect would hold up every session of the gateway.
 */
export function readPrivateKey(text: string, passphrase?: string): PrivateKeyText {
  const pasted = `${text.replace(/\r\n?/g, '\n').trim()}\n`.trimStart();
  const strange = notAPrivateKey(pasted);
  if (strange) return wrong(strange);
  const rounds = readKdfRounds(pasted);
  if (rounds && rounds > maxKdfRounds) {
    return wrong(`This key takes ${rounds} rounds to decrypt. Make a copy with fewer: ssh-keygen -p -a 24 -f KEYFILE`);
  }
  const parsed = ssh2.utils.parseKey(pasted.trimEnd(), passphrase);
  if (parsed instanceof Error) return explain(parsed, passphrase);
  if (!parsed.isPrivateKey()) return wrong(publicKeyProblem);
  return withoutPassphrase(parsed);
}

const publicKeyProblem = 'This is a public key. Paste the private key: the file of the same name without ".pub".';
const garbageProblem =
  'This is not an SSH private key. Paste the whole file, from "-----BEGIN" to the end of the "-----END" line.';

function wrong(problem: string, field: 'privateKey' | 'passphrase' = 'privateKey'): PrivateKeyText {
  return { ok: false, field, problem };
}

function notAPrivateKey(text: string): string | undefined {
  if (text.startsWith('PuTTY-User-Key-File')) {
    return 'This is a PuTTY key. Convert it first: puttygen key.ppk -O private-openssh -o KEYFILE';
  }
  if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || /^-+ ?BEGIN (SSH2 |RSA )?PUBLIC KEY/.test(text))
    return publicKeyProblem;
  if (/^-----BEGIN CERTIFICATE-----/.test(text)) return 'This is a certificate. Paste the SSH private key instead.';
  if (/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) {
    return 'This is a PKCS#8 key, which SSH does not use. Convert a copy of it first: ssh-keygen -p -f KEYFILE';
  }
  if (/^-----BEGIN DSA PRIVATE KEY-----/.test(text))
    return 'DSA keys are no longer safe. Make a new key: ssh-keygen -t ed25519';
  return /^-----BEGIN (OPENSSH|RSA|EC) PRIVATE KEY-----\n/.test(text) ? undefined : garbageProblem;
}

// ssh2 tells these apart by its sentences only; private-key.test.ts holds them against real keys of every kind.
function explain({ message }: Error, passphrase: string | undefined): PrivateKeyText {
  if (/no passphrase given/i.test(message))
    return wrong('This key is protected. Enter its passphrase too.', 'passphrase');
  if (passphrase && /passphrase/i.test(message)) return wrong('This passphrase does not open this key.', 'passphrase');
  if (/unsupported (cipher|kdf)/i.test(message)) {
    return wrong('This key is encrypted in an unusual way. Make a copy the usual way: ssh-keygen -p -f KEYFILE');
  }
  return wrong(garbageProblem);
}

const keyTypes = ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];

function withoutPassphrase(parsed: ssh2.ParsedKey): PrivateKeyText {
  if (!keyTypes.includes(parsed.type))
    return wrong(`Keys of type ${parsed.type} cannot be used. Use Ed25519, ECDSA or RSA.`);
  const pem = parsed.getPrivatePEM();
  const privateKey = parsed.type === 'ssh-ed25519' ? encodeEd25519Key(pem) : pem;
  // The rewritten key must be the same key: better no credential than one that fails at the host.
  const again = ssh2.utils.parseKey(privateKey);
  const isSame = !(again instanceof Error) && again.getPublicSSH().equals(parsed.getPublicSSH());
  return isSame ? { ok: true, privateKey } : wrong(garbageProblem);
}

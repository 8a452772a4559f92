import type { ApiTokenId } from '../ids.ts';
import type { Keyring } from './keyring.ts';
import { type Opened, openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';
import type { SealedSecret } from './sealed-secret.ts';

/** Seals what the requests of an API token are signed with; it opens for this token only. */
export function sealTokenSecret(keyring: Keyring, id: ApiTokenId, secret: string): SealedSecret {
  const plaintext = Buffer.from(secret);
  try {
    return sealForSystem(keyring, tokenPurpose(id), plaintext);
  } finally {
    plaintext.fill(0);
  }
}

export function openTokenSecret(
  keyring: Keyring,
  id: ApiTokenId,
  sealed: SealedSecret,
): { ok: true; secret: string } | Extract<Opened, { ok: false }> {
  const opened = openForSystem(keyring, tokenPurpose(id), sealed);
  if (!opened.ok) return opened;
  try {
    return { ok: true, secret: opened.plaintext.toString('utf8') };
  } finally {
    opened.plaintext.fill(0);
  }
}

function tokenPurpose(id: ApiTokenId): string {
  return `api-token/${id}`;
}

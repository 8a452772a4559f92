import type { Db } from '../../db/connect.ts';
import { findRetirement } from '../../db/queries/sealed-rows.ts';
import { countSecretsNotFor } from '../../db/queries/secrets.ts';
import { type Keyring, systemKeyIds } from './keyring.ts';
import type { KeyService } from './keyring-envelope.ts';
import { findKeyring, KeyringFileError, loadOrCreateKeyring } from './keyring-file.ts';

export type KeyringOrder = {
  path: string;
  /** Seals and opens the file, where one is configured. */
  service: KeyService | undefined;
  /** The recording key of the last start, by which a keyring is known again. */
  lastPublicKeyPem: string | undefined;
  /** Somebody said that the old one is lost for good. */
  mayReplace: boolean;
};

/**
 * The keyring of the installation that `db` belongs to, made when there is none. While the database holds secrets that
 * were sealed with another one, a lost or exchanged file is refused: a new one would lock them up without a word, and
 * sign recordings with a key that nobody knows. So is a copy from before its key was replaced. Rejects with
 * `KeyringFileError`.
 */
export async function keyringOf(
  db: Db,
  { path, service, lastPublicKeyPem, mayReplace }: KeyringOrder,
): Promise<Keyring> {
  const found = await findKeyring(path, service);
  const retiredAt = found && !mayReplace ? await findRetirement(db, found.system.id) : undefined;
  if (retiredAt) throw new KeyringFileError(olderCopy(path, retiredAt));
  const isKnown = found !== undefined && found.recording.publicKeyPem === lastPublicKeyPem;
  if (!isKnown && !mayReplace) {
    const count = await countSecretsNotFor(db, found ? systemKeyIds(found) : []);
    if (count > 0) throw new KeyringFileError(refusal(path, count, found !== undefined));
  }
  return found ?? loadOrCreateKeyring(path, service);
}

/** Rejects with `KeyringFileError` when `keyring` is a copy from before its key was replaced, and something needs the newer one. */
export async function refuseOlderCopy(db: Db, path: string, keyring: Keyring): Promise<void> {
  const retiredAt = await findRetirement(db, keyring.system.id);
  const count = retiredAt ? await countSecretsNotFor(db, systemKeyIds(keyring)) : 0;
  if (!retiredAt || count === 0) return;
  throw new KeyringFileError(
    `${isOlderCopy(path, retiredAt)} If that is lost for good, delete the ${count} stored credential(s) that it sealed, or enter them again, and run this again.`,
  );
}

function olderCopy(path: string, retiredAt: Date): string {
  return `${isOlderCopy(path, retiredAt)} If that is lost for good, start once with --new-keyring, then run: npm run keyring -- rotate`;
}

function isOlderCopy(path: string, retiredAt: Date): string {
  return `The keyring ${path} is a copy from before ${retiredAt.toISOString()}, when its system key was replaced. Put the newer one back.`;
}

function refusal(path: string, count: number, isThere: boolean): string {
  const what = isThere
    ? `The keyring ${path} is another one than`
    : `There is no keyring at ${path}, but there was one:`;
  return `${what} ${count} stored credential(s) were sealed with. Put that keyring back, or set KEYRING_PATH to where it is. If it is lost for good, start once with --new-keyring and enter the credentials again.`;
}

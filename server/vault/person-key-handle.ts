import { findSecret } from '../../db/queries/secrets.ts';
import type { Context } from '../context.ts';
import { type Outcome, ok, refuse } from '../errors.ts';
import type { PersonId, SecretId } from '../ids.ts';
import { openForPerson, type Recipient } from './seal-for-person.ts';

declare const brand: unique symbol;
/**
 * Proof that a person gave their master password, or the key of their unlock, in this very request; made by
 * `openWithMasterPassword` and `openWithUnlock` and nowhere else. Whoever got it disposes of it.
 */
export type PersonKeyHandle = Disposable & {
  readonly [brand]: true;
  readonly personId: PersonId;
  /** A policy may ask for the password each time: then an unlock is not enough. */
  readonly proof: 'master_password' | 'unlock';
  /**
   * Opens a secret that was sealed for this person and `purpose`; the caller overwrites the plaintext. Refuses with
   * `not_found`, or with `unavailable` what is sealed for somebody else or was altered.
   */
  open(secretId: SecretId, purpose: string): Promise<Outcome<Buffer>>;
};

type OpenKey = Recipient & { privateKey: Buffer; proof: PersonKeyHandle['proof'] };

/** Takes the private key over: it is overwritten when the handle is disposed of. */
export function personKeyHandle(ctx: Context, { proof, ...key }: OpenKey): PersonKeyHandle {
  let disposed = false;
  const open = async (secretId: SecretId, purpose: string): Promise<Outcome<Buffer>> => {
    const sealed = await findSecret(ctx.connection.db, secretId);
    if (disposed) throw new TypeError('This key was disposed of.');
    if (!sealed) return refuse('not_found');
    const opened = openForPerson(key, purpose, sealed);
    if (opened.ok) return ok(opened.plaintext);
    const code = `personal_secret_${opened.why}`;
    ctx.log.error('A personal secret could not be opened by its owner.', { personId: key.personId, code });
    return refuse('unavailable');
  };
  const dispose = () => {
    disposed = true;
    key.privateKey.fill(0);
  };
  const { personId } = key;
  return Object.freeze({ personId, proof, open, [Symbol.dispose]: dispose }) as unknown as PersonKeyHandle;
}

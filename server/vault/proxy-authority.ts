import type { Tx } from '../../db/connect.ts';
import { findProxyAuthority, insertProxyAuthority, lockAuthorities } from '../../db/queries/authorities.ts';
import { findSecret, insertSecret } from '../../db/queries/secrets.ts';
import type { Context } from '../context.ts';
import { type AuthorityId, newId } from '../ids.ts';
import { openForSystem } from './open.ts';
import { sealForSystem } from './seal.ts';

/** A certificate authority with its key, both in PEM. */
export type ProxyAuthority = { certificatePem: string; privateKeyPem: string };

type VaultContext = Pick<Context, 'connection' | 'keyring' | 'clock'>;

/**
 * The authority of the AWS proxy; the first who asks has it made, once for the installation. Its key stands in the vault.
 * Throws when that key cannot be opened: clients trust the certificate, so another one is never made in its place.
 */
export async function proxyAuthority(ctx: VaultContext, make: (now: Date) => ProxyAuthority): Promise<ProxyAuthority> {
  return ctx.connection.db.transaction(async (tx) => {
    await lockAuthorities(tx);
    return (await openAuthority(ctx, tx)) ?? keepAuthority(ctx, tx, make(ctx.clock.now()));
  });
}

async function openAuthority({ keyring }: VaultContext, tx: Tx): Promise<ProxyAuthority | undefined> {
  const row = await findProxyAuthority(tx);
  if (!row) return undefined;
  const secret = await findSecret(tx, row.secretId);
  const opened = secret && openForSystem(keyring, purposeOf(row.id), secret);
  if (!opened?.ok) throw new Error('The key of the AWS proxy’s certificate cannot be opened with this keyring.');
  const privateKeyPem = opened.plaintext.toString('utf8');
  opened.plaintext.fill(0);
  return { certificatePem: row.certificatePem, privateKeyPem };
}

async function keepAuthority(
  { keyring, clock }: VaultContext,
  tx: Tx,
  authority: ProxyAuthority,
): Promise<ProxyAuthority> {
  const now = clock.now();
  const id = newId<AuthorityId>(now.getTime());
  const plaintext = Buffer.from(authority.privateKeyPem);
  const secret = sealForSystem(keyring, purposeOf(id), plaintext);
  plaintext.fill(0);
  await insertSecret(tx, secret);
  const { certificatePem } = authority;
  await insertProxyAuthority(tx, { id, certificatePem, secretId: secret.id, createdAt: now });
  return authority;
}

function purposeOf(id: string): string {
  return `authority:${id}`;
}

import { findTokenAccess, type GrantedRecord, loadTokenAccess, type TokenAccess } from '../../db/queries/aws-access.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import type { RecordKey } from '../aws/sigv4/resign.ts';
import type { Context } from '../context.ts';
import type { ApiTokenId, CredentialId } from '../ids.ts';
import { openAwsKeys } from '../vault/aws-keys.ts';
import { openTokenSecret } from '../vault/token-secret.ts';

/** A token with what its person was granted, as it was a second ago at most. */
export type KnownToken = {
  access: TokenAccess;
  /** What its requests are signed with; `undefined`: it cannot be opened with this keyring. */
  secret(): Promise<string | undefined>;
  /** The keys of one of its records; `undefined`: they are not there, or cannot be opened. */
  keysOf(record: GrantedRecord): Promise<RecordKey | undefined>;
};

export type TokenCache = {
  /** By the name that programs have for it. */
  byName(tokenId: string): Promise<KnownToken | undefined>;
  byId(id: ApiTokenId): Promise<KnownToken | undefined>;
  /** Something changed: everything is read again. */
  forget(): void;
};

const maxAgeMs = 1_000;
/** Names that nobody has are kept too, so that asking for them costs no more than for others; not without end. */
const mostKept = 2_000;

type Kept = { readAtMs: number; token: Promise<KnownToken | undefined> };

/** Reads tokens for calls, each once a second however many calls it makes. */
export function createTokenCache(ctx: Context): TokenCache {
  const { db } = ctx.connection;
  const kept = new Map<string, Kept>();

  function known(access: TokenAccess): KnownToken {
    const keys = new Map<CredentialId, Promise<RecordKey | undefined>>();
    let secret: Promise<string | undefined> | undefined;
    return {
      access,
      secret() {
        secret ??= openSecret(ctx, access);
        return secret;
      },
      keysOf(record) {
        const opened = keys.get(record.record.id) ?? openKeys(ctx, record);
        keys.set(record.record.id, opened);
        return opened;
      },
    };
  }

  function read(key: string, find: () => Promise<TokenAccess | undefined>): Promise<KnownToken | undefined> {
    const nowMs = ctx.clock.now().getTime();
    const found = kept.get(key);
    if (found && nowMs - found.readAtMs < maxAgeMs) return found.token;
    const token = find().then((access) => access && known(access));
    kept.delete(key);
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, { readAtMs: nowMs, token });
    // A failure is not an answer that counts for a second.
    token.catch(() => kept.delete(key));
    return token;
  }

  return {
    byName: (tokenId) => read(`name/${tokenId}`, () => findTokenAccess(db, tokenId)),
    byId: (id) => read(`id/${id}`, async () => (await loadTokenAccess(db, [id])).get(id)),
    forget: () => kept.clear(),
  };
}

async function openSecret(ctx: Context, { token, secretId }: TokenAccess): Promise<string | undefined> {
  const sealed = await findSecret(ctx.connection.db, secretId);
  const opened = sealed && openTokenSecret(ctx.keyring, token.id, sealed);
  if (opened?.ok) return opened.secret;
  ctx.log.error('The secret of an API token cannot be opened. Restore its keyring, or make a new token.', {
    code: `token_${opened?.why ?? 'missing'}`,
  });
  return undefined;
}

async function openKeys(ctx: Context, record: GrantedRecord): Promise<RecordKey | undefined> {
  const { accessKeyId, keysOf, secretId } = record;
  const sealed = await findSecret(ctx.connection.db, secretId);
  const opened = sealed && openAwsKeys(ctx.keyring, keysOf, sealed);
  if (opened?.ok) return { accessKeyId, ...opened.keys };
  ctx.log.error('The keys of an AWS record cannot be opened. Enter them again, or restore their keyring.', {
    code: `record_${opened?.why ?? 'missing'}`,
  });
  return undefined;
}

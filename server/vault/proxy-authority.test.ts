/*
 * The AWS proxy has one authority for the whole life of an installation, whoever starts first; its key is nowhere but in
 * the vault. Where the vault cannot be opened nothing new is made in its place, since clients trust the one they have.
 */
import { expect, test } from 'vitest';
import { findProxyAuthority } from '../../db/queries/authorities.ts';
import { findSecret } from '../../db/queries/secrets.ts';
import { testContext } from '../../db/testing/context.ts';
import { testDatabase } from '../../db/testing/database.ts';
import { newAuthority } from '../aws/certificates/authority.ts';
import { proxyAuthority } from './proxy-authority.ts';

test('one authority is made, kept and found again, and its key stands sealed', async () => {
  await using database = await testDatabase();
  const ctx = testContext(database.connection);
  let made = 0;
  const make = (now: Date) => {
    made += 1;
    return newAuthority(now);
  };
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => proxyAuthority(ctx, make)));
  expect(made).toBe(1);
  expect([...others, await proxyAuthority(ctx, make)]).toEqual([first, first, first]);

  const row = await findProxyAuthority(database.connection.db);
  expect(row?.certificatePem).toBe(first?.certificatePem);
  const secret = await findSecret(database.connection.db, row?.secretId ?? null);
  expect(Buffer.from(secret?.ciphertext ?? []).includes('PRIVATE KEY')).toBe(false);
  expect(secret?.recipients).toMatchObject([{ kind: 'system' }]);
});

test('a key that cannot be opened stays where it is', async () => {
  await using database = await testDatabase();
  const ctx = testContext(database.connection);
  const before = await proxyAuthority(ctx, newAuthority);
  const system = { ...ctx.keyring.system, key: Buffer.alloc(32, 1) };
  const other = { ...ctx, keyring: { ...ctx.keyring, system } };
  await expect(proxyAuthority(other, newAuthority)).rejects.toThrow('cannot be opened with this keyring');
  expect(await proxyAuthority(ctx, newAuthority)).toEqual(before);
});

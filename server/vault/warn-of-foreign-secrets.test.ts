/*
 * A keyring that was lost and made anew is noticed at start up, before anybody connects: the warning counts what it cannot
 * open and says what to do. While everything can be opened, or belongs to a person, nothing is said.
 */
import { expect, test } from 'vitest';
import { insertSecret } from '../../db/queries/secrets.ts';
import { testContext } from '../../db/testing/context.ts';
import { testDatabase } from '../../db/testing/database.ts';
import type { Context } from '../context.ts';
import { sealForSystem } from './seal.ts';
import { warnOfForeignSecrets } from './warn-of-foreign-secrets.ts';

test('secrets under another system key are counted, others are not', async () => {
  await using database = await testDatabase();
  const logged: unknown[] = [];
  const note = (...line: unknown[]) => void logged.push(...line);
  const plain = testContext(database.connection);
  const ctx: Context = { ...plain, log: { debug: note, info: note, warn: note, error: note } };
  const { db } = database.connection;
  const seal = () => sealForSystem(ctx.keyring, 'a test', Buffer.from('secret'));

  await insertSecret(db, seal());
  const personal = seal();
  const recipients = personal.recipients.map((recipient) => ({
    ...recipient,
    kind: 'person' as const,
    keyId: 'x25519',
  }));
  await insertSecret(db, { ...personal, recipients });
  await warnOfForeignSecrets(ctx);
  expect(logged).toEqual([]);

  await insertSecret(db, seal());
  const system = { ...ctx.keyring.system, id: 'made anew' };
  await warnOfForeignSecrets({ ...ctx, keyring: { ...ctx.keyring, system } });
  expect(logged).toEqual([expect.stringContaining('cannot open 2 stored credential(s)'), { code: 'keyring_foreign' }]);
});
